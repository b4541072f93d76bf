package adbcgo

import (
	"context"
	"testing"

	"github.com/apache/arrow-adbc/go/adbc"
	"github.com/apache/arrow-adbc/go/adbc/driver/flightsql"
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/stretchr/testify/require"
)

// What the suite leaves out, or cannot ask a Flight SQL server as it does.

var background = context.Background()

func startDatabase(t *testing.T) adbc.Database {
	q := &quirks{}
	driver := q.SetupDriver(t)
	t.Cleanup(func() { q.TearDownDriver(t, driver) })
	database, err := driver.NewDatabase(q.DatabaseOptions())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, database.Close()) })
	return database
}

func open(t *testing.T, database adbc.Database) adbc.Connection {
	connection, err := database.Open(background)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, connection.Close()) })
	return connection
}

func numbers(t *testing.T, columns ...string) arrow.RecordBatch {
	var fields []arrow.Field
	for _, name := range columns {
		fields = append(fields, arrow.Field{Name: name, Type: arrow.PrimitiveTypes.Int64, Nullable: true})
	}
	builder := array.NewRecordBuilder((&quirks{}).Alloc(), arrow.NewSchema(fields, nil))
	defer builder.Release()
	for index := range columns {
		builder.Field(index).(*array.Int64Builder).AppendValues([]int64{1, 2, 3}, nil)
	}
	batch := builder.NewRecordBatch()
	t.Cleanup(batch.Release)
	return batch
}

func ingest(t *testing.T, connection adbc.Connection, mode string, rows arrow.RecordBatch) error {
	statement, err := connection.NewStatement()
	require.NoError(t, err)
	defer func() { require.NoError(t, statement.Close()) }()
	require.NoError(t, statement.SetOption(adbc.OptionKeyIngestTargetTable, "numbers"))
	require.NoError(t, statement.SetOption(adbc.OptionKeyIngestMode, mode))
	require.NoError(t, statement.Bind(background, rows))
	_, err = statement.ExecuteUpdate(background)
	return err
}

func number(t *testing.T, connection adbc.Connection, sql string) int64 {
	statement, err := connection.NewStatement()
	require.NoError(t, err)
	defer func() { require.NoError(t, statement.Close()) }()
	require.NoError(t, statement.SetSqlQuery(sql))
	rows, _, err := statement.ExecuteQuery(background)
	require.NoError(t, err)
	defer rows.Release()
	require.True(t, rows.Next(), "%v", rows.Err())
	return rows.RecordBatch().Column(0).(*array.Int64).Value(0)
}

func setOption(t *testing.T, options any, key, value string) {
	require.NoError(t, options.(adbc.PostInitOptions).SetOption(key, value))
}

func getOption(t *testing.T, options any, key string) string {
	value, err := options.(adbc.GetSetOptions).GetOption(key)
	require.NoError(t, err)
	return value
}

// Instead of two parts of TestSqlIngestErrors, with the codes that a Flight status has for them.
func TestIngestErrors(t *testing.T) {
	connection := open(t, startDatabase(t))
	rows := numbers(t, "a")

	var wrong adbc.Error
	require.ErrorAs(t, ingest(t, connection, adbc.OptionValueIngestModeAppend, rows), &wrong)
	require.Equal(t, adbc.StatusNotFound, wrong.Code)

	require.NoError(t, ingest(t, connection, adbc.OptionValueIngestModeCreate, rows))
	require.ErrorAs(t, ingest(t, connection, adbc.OptionValueIngestModeCreate, rows), &wrong)
	require.Equal(t, adbc.StatusAlreadyExists, wrong.Code)

	require.ErrorAs(t, ingest(t, connection, adbc.OptionValueIngestModeAppend, numbers(t, "a", "b")), &wrong)
	require.NotEqual(t, adbc.StatusOK, wrong.Code)
	require.EqualValues(t, 3, number(t, connection, "SELECT count(*) FROM numbers"))
}

// The suite turns autocommit off and on, but writes nothing meanwhile.
func TestTransactions(t *testing.T) {
	database := startDatabase(t)
	connection, other := open(t, database), open(t, database)
	require.NoError(t, run(connection, "CREATE TABLE numbers (a BIGINT)", nil))
	const count = "SELECT count(*) FROM numbers"

	setOption(t, connection, adbc.OptionKeyAutoCommit, adbc.OptionValueDisabled)
	require.NoError(t, run(connection, "INSERT INTO numbers VALUES ($1)", numbers(t, "a")))
	require.EqualValues(t, 3, number(t, connection, count))
	require.EqualValues(t, 0, number(t, other, count))
	require.NoError(t, connection.Rollback(background))
	require.EqualValues(t, 0, number(t, connection, count))

	require.NoError(t, run(connection, "INSERT INTO numbers VALUES (1), (2)", nil))
	require.NoError(t, connection.Commit(background))
	require.EqualValues(t, 2, number(t, other, count))

	// To turn autocommit on commits what is open.
	require.NoError(t, run(connection, "DELETE FROM numbers WHERE a = 1", nil))
	setOption(t, connection, adbc.OptionKeyAutoCommit, adbc.OptionValueEnabled)
	require.EqualValues(t, 1, number(t, other, count))
}

// The driver ends a transaction only by ending its session.
func TestClosingRollsBack(t *testing.T) {
	database := startDatabase(t)
	other := open(t, database)
	require.NoError(t, run(other, "CREATE TABLE numbers (a BIGINT)", nil))
	connection, err := database.Open(background)
	require.NoError(t, err)
	setOption(t, connection, adbc.OptionKeyAutoCommit, adbc.OptionValueDisabled)
	require.NoError(t, run(connection, "INSERT INTO numbers VALUES (1)", nil))
	require.NoError(t, connection.Close())
	require.EqualValues(t, 0, number(t, other, "SELECT count(*) FROM numbers"))
	require.NoError(t, run(other, "DROP TABLE numbers", nil))
}

// A session is a connection's own: what one sets, another does not see.
func TestSessions(t *testing.T) {
	database := startDatabase(t)
	connection, other := open(t, database), open(t, database)
	require.NoError(t, run(connection, "CREATE SCHEMA winter", nil))
	require.NoError(t, run(connection, "CREATE TABLE winter.numbers AS SELECT 7::BIGINT AS a", nil))

	setOption(t, connection, adbc.OptionKeyCurrentDbSchema, "winter")
	require.Equal(t, "winter", getOption(t, connection, adbc.OptionKeyCurrentDbSchema))
	require.Equal(t, catalogName, getOption(t, connection, adbc.OptionKeyCurrentCatalog))
	require.EqualValues(t, 7, number(t, connection, "SELECT a FROM numbers"))
	require.Equal(t, "main", getOption(t, other, adbc.OptionKeyCurrentDbSchema))

	var wrong adbc.Error
	err := connection.(adbc.PostInitOptions).SetOption(adbc.OptionKeyCurrentDbSchema, "no such schema")
	require.ErrorAs(t, err, &wrong)
	require.Equal(t, adbc.StatusInvalidArgument, wrong.Code)
	err = connection.(adbc.PostInitOptions).SetOption(flightsql.OptionSessionOptionPrefix+"no such option", "x")
	require.ErrorAs(t, err, &wrong)
	require.Equal(t, adbc.StatusInvalidArgument, wrong.Code)
	require.Equal(t, "winter", getOption(t, connection, adbc.OptionKeyCurrentDbSchema))
}
