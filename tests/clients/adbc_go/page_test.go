package adbcgo

import (
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var goBlock = regexp.MustCompile("(?s)```go\n(.*?)```")

// TestThePagesProgramRuns runs what docs/clients/go.md shows.
func TestThePagesProgramRuns(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "..", "docs", "clients", "go.md"))
	require.NoError(t, err)
	shown := goBlock.FindSubmatch(page)
	require.NotNil(t, shown, "the page shows a program")
	s := startServer(t)
	defer s.stop(t)
	at, err := url.Parse(s.url)
	require.NoError(t, err)
	program := filepath.Join(t.TempDir(), "main.go")
	text := strings.Replace(string(shown[1]), "127.0.0.1:8889", at.Host, 1)
	require.NoError(t, os.WriteFile(program, []byte(text), 0o600))
	printed, err := exec.Command("go", "run", program).CombinedOutput()
	require.NoError(t, err, string(printed))
	require.Equal(t, "143\n", string(printed))
}
