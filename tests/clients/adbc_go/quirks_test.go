package adbcgo

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/apache/arrow-adbc/go/adbc"
	"github.com/apache/arrow-adbc/go/adbc/driver/flightsql"
	"github.com/apache/arrow-go/v18/arrow"
	sql "github.com/apache/arrow-go/v18/arrow/flight/flightsql"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/stretchr/testify/require"
)

// The text of the standard has another key than the libraries that read it, so both are there.
const schemaKeyOfTheStandard = "ARROW:FLIGHT:SQL:DB_SCHEMA_NAME"

var versionLine = regexp.MustCompile(`^arrowport (\S+) \(DuckDB (\S+), Arrow (\S+)\)`)

// quirks tells the suite what to expect of arrowport. Every test gets a server with an empty database.
type quirks struct {
	t      *testing.T
	server *server
	// Of server, DuckDB and Arrow, as the binary tells them without being a server.
	versions [3]string
}

func (q *quirks) SetupDriver(t *testing.T) adbc.Driver {
	said, err := exec.Command(binary(t), "--version").Output()
	require.NoError(t, err)
	found := versionLine.FindStringSubmatch(string(said))
	require.NotNil(t, found, "%s", said)
	q.versions = [3]string(found[1:])
	q.t = t
	q.server = startServer(t)
	return forgettingDriver{flightsql.NewDriver(q.Alloc())}
}

func (q *quirks) TearDownDriver(t *testing.T, _ adbc.Driver) { q.server.stop(t) }

// DatabaseOptions are those of a user who wants sessions: the server knows one by its cookie.
func (q *quirks) DatabaseOptions() map[string]string {
	return map[string]string{
		adbc.OptionKeyURI:                q.server.url,
		flightsql.OptionCookieMiddleware: adbc.OptionValueEnabled,
	}
}

// Alloc does not look for leaks, which would be the client's: the driver never lets go of a batch that it has sent.
func (q *quirks) Alloc() memory.Allocator { return memory.DefaultAllocator }

func (q *quirks) Catalog() string  { return catalogName }
func (q *quirks) DBSchema() string { return "main" }

func (q *quirks) BindParameter(index int) string { return fmt.Sprintf("$%d", index+1) }

// SupportsBulkIngest is true of every mode. Off is one part of one test, of appending to a table that is not there:
// it wants an SQLSTATE, which a Flight status cannot carry and the driver never sets. TestIngestErrors has it instead.
func (q *quirks) SupportsBulkIngest(mode string) bool {
	return mode != adbc.OptionValueIngestModeAppend || !strings.Contains(q.t.Name(), "TestSqlIngestErrors")
}

// SupportsErrorIngestIncompatibleSchema is off because that part of the test wants INTERNAL where a table is there
// already. The server says ALREADY_EXISTS, which is what happened. TestIngestErrors has it instead.
func (q *quirks) SupportsErrorIngestIncompatibleSchema() bool { return false }

// SupportsStatistics is off because Flight SQL has no message for statistics; the driver has no such method.
func (q *quirks) SupportsStatistics() bool { return false }

func (q *quirks) SupportsConcurrentStatements() bool    { return true }
func (q *quirks) SupportsCurrentCatalogSchema() bool    { return true }
func (q *quirks) SupportsExecuteSchema() bool           { return true }
func (q *quirks) SupportsGetSetOptions() bool           { return true }
func (q *quirks) SupportsPartitionedData() bool         { return true }
func (q *quirks) SupportsTransactions() bool            { return true }
func (q *quirks) SupportsGetParameterSchema() bool      { return true }
func (q *quirks) SupportsDynamicParameterBinding() bool { return true }

func (q *quirks) GetMetadata(code adbc.InfoCode) interface{} {
	switch code {
	case adbc.InfoDriverName:
		return "ADBC Flight SQL Driver - Go"
	case adbc.InfoDriverVersion, adbc.InfoDriverArrowVersion:
		// A binary of tests does not know the versions of its modules.
		return "(unknown or development build)"
	case adbc.InfoDriverADBCVersion:
		return adbc.AdbcVersion1_1_0
	case adbc.InfoVendorName:
		return "arrowport"
	case adbc.InfoVendorVersion:
		return fmt.Sprintf("duckdb %s arrowport %s", q.versions[1], q.versions[0])
	case adbc.InfoVendorArrowVersion:
		return q.versions[2]
	}
	return nil
}

func (q *quirks) SampleTableSchemaMetadata(table string, kind arrow.DataType) arrow.Metadata {
	told := map[string]string{
		sql.CatalogNameKey:     q.Catalog(),
		sql.SchemaNameKey:      q.DBSchema(),
		schemaKeyOfTheStandard: q.DBSchema(),
		sql.TableNameKey:       table,
		sql.IsAutoIncrementKey: "0",
		sql.IsCaseSensitiveKey: "1",
		sql.IsReadOnlyKey:      "0",
		sql.IsSearchableKey:    "1",
	}
	switch kind.ID() {
	case arrow.INT64:
		// DuckDB counts bits.
		told[sql.TypeNameKey], told[sql.PrecisionKey], told[sql.ScaleKey] = "BIGINT", "19", "0"
	case arrow.STRING:
		told[sql.TypeNameKey] = "VARCHAR"
	}
	return arrow.MetadataFrom(told)
}

func (q *quirks) DropTable(connection adbc.Connection, table string) error {
	return run(connection, "DROP TABLE IF EXISTS "+quoted(table), nil)
}

// CreateSampleTable has a connection of its own, as another client of the same server.
func (q *quirks) CreateSampleTable(table string, rows arrow.RecordBatch) (err error) {
	database, err := flightsql.NewDriver(q.Alloc()).NewDatabase(q.DatabaseOptions())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, database.Close()) }()
	connection, err := database.Open(context.Background())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, connection.Close()) }()

	var columns, marks []string
	for index, field := range rows.Schema().Fields() {
		sqlType, err := sqlTypeOf(field.Type)
		if err != nil {
			return err
		}
		columns = append(columns, quoted(field.Name)+" "+sqlType)
		marks = append(marks, q.BindParameter(index))
	}
	if err := run(connection, fmt.Sprintf("CREATE TABLE %s (%s)", quoted(table), strings.Join(columns, ", ")),
		nil); err != nil {
		return err
	}
	return run(connection, fmt.Sprintf("INSERT INTO %s VALUES (%s)", quoted(table), strings.Join(marks, ", ")), rows)
}

func quoted(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

func sqlTypeOf(kind arrow.DataType) (string, error) {
	switch kind.ID() {
	case arrow.INT64:
		return "BIGINT", nil
	case arrow.STRING:
		return "VARCHAR", nil
	}
	return "", fmt.Errorf("no sample table has had a column of %s yet", kind)
}

// run executes a statement that returns nothing: once, or for each row of parameters.
func run(connection adbc.Connection, text string, parameters arrow.RecordBatch) (err error) {
	statement, err := connection.NewStatement()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, statement.Close()) }()
	if err := statement.SetSqlQuery(text); err != nil {
		return err
	}
	if parameters != nil {
		if err := statement.Prepare(context.Background()); err != nil {
			return err
		}
		if err := statement.Bind(context.Background(), parameters); err != nil {
			return err
		}
	}
	_, err = statement.ExecuteUpdate(context.Background())
	return err
}
