package adbcgo

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const (
	startSecondsMax = 30
	stopSecondsMax  = 60
	logLinesMax     = 40
	// catalogName is what DuckDB calls a database file of this name.
	catalogName = "judged"
)

var flightLine = regexp.MustCompile(`^\s*Flight\s+(grpc://\S+)$`)

// server is a real `arrowport serve` with a database of its own.
type server struct {
	command *exec.Cmd
	url     string
	log     *bytes.Buffer // What it wrote to stderr; read it only behind stop.
	drained chan struct{}
}

func binary(t *testing.T) string {
	path := os.Getenv("ARROWPORT_BIN")
	require.NotEmpty(t, path, "ARROWPORT_BIN has to name the server's binary")
	return path
}

// cleanEnvironment is this process's without settings of arrowport's own.
func cleanEnvironment() []string {
	var kept []string
	for _, entry := range os.Environ() {
		if !strings.HasPrefix(entry, "ARROWPORT_") {
			kept = append(kept, entry)
		}
	}
	return kept
}

// startServer returns when the doors are open: the server then says where.
func startServer(t *testing.T) *server {
	folder := t.TempDir()
	s := &server{log: &bytes.Buffer{}, drained: make(chan struct{})}
	s.command = exec.Command(binary(t), "serve", "--db", filepath.Join(folder, catalogName+".duckdb"),
		"--http-port", "0", "--flight-port", "0", "--log-level", "debug")
	s.command.Dir = folder
	s.command.Env = cleanEnvironment()
	s.command.Stderr = s.log
	output, err := s.command.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, s.command.Start())

	said := make(chan string, 1)
	go func() {
		defer close(s.drained)
		defer close(said)
		lines := bufio.NewScanner(output)
		for lines.Scan() {
			if found := flightLine.FindStringSubmatch(lines.Text()); found != nil {
				said <- found[1]
				break
			}
		}
		_, _ = io.Copy(io.Discard, output)
	}()
	var opened bool
	select {
	case s.url, opened = <-said:
	case <-time.After(startSecondsMax * time.Second):
	}
	if !opened {
		_ = s.command.Process.Kill()
		_ = s.wait()
		require.FailNow(t, "the server did not start", s.logTail())
	}
	return s
}

// stop sends SIGTERM, which must end a healthy server with 0.
func (s *server) stop(t *testing.T) {
	require.NoError(t, s.command.Process.Signal(syscall.SIGTERM))
	late := time.AfterFunc(stopSecondsMax*time.Second, func() { _ = s.command.Process.Kill() })
	err := s.wait()
	late.Stop()
	require.NoError(t, err, "the server's end; it said:\n%s", s.logTail())
	if t.Failed() {
		t.Logf("the server said:\n%s", s.logTail())
	}
}

func (s *server) logTail() string {
	lines := strings.Split(strings.TrimSpace(s.log.String()), "\n")
	return strings.Join(lines[max(0, len(lines)-logLinesMax):], "\n")
}

func (s *server) wait() error {
	<-s.drained
	return s.command.Wait()
}
