package adbcgo

import (
	"context"

	"github.com/apache/arrow-adbc/go/adbc"
)

// The driver keeps the rows of an ingest when its statement is given a query, and then refuses the query before it
// asks the server. The suite reads every ingest back in that way. So statements here let go of bound rows first;
// everything else is the driver's own.

type forgettingDriver struct{ adbc.Driver }

type forgettingDatabase struct {
	adbc.Database
	adbc.GetSetOptions
}

type forgettingConnection struct {
	adbc.Connection
	adbc.GetSetOptions
}

// Embedded, its methods stand behind those of adbc.Statement, which has one of the same name.
type statementOptions struct{ adbc.GetSetOptions }

type forgettingStatement struct {
	adbc.Statement
	adbc.StatementExecuteSchema
	statementOptions
}

func (d forgettingDriver) NewDatabase(options map[string]string) (adbc.Database, error) {
	database, err := d.Driver.NewDatabase(options)
	if err != nil {
		return nil, err
	}
	return forgettingDatabase{database, database.(adbc.GetSetOptions)}, nil
}

func (d forgettingDatabase) Open(ctx context.Context) (adbc.Connection, error) {
	connection, err := d.Database.Open(ctx)
	if err != nil {
		return nil, err
	}
	return forgettingConnection{connection, connection.(adbc.GetSetOptions)}, nil
}

func (c forgettingConnection) NewStatement() (adbc.Statement, error) {
	statement, err := c.Connection.NewStatement()
	if err != nil {
		return nil, err
	}
	return forgettingStatement{statement, statement.(adbc.StatementExecuteSchema),
		statementOptions{statement.(adbc.GetSetOptions)}}, nil
}

func (s forgettingStatement) SetSqlQuery(sql string) error {
	if err := s.Bind(context.Background(), nil); err != nil {
		return err
	}
	return s.Statement.SetSqlQuery(sql)
}
