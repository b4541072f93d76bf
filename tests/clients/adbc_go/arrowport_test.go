// Package adbcgo puts arrowport before the judge of ADBC's drivers for Go, through the one for Flight SQL.
package adbcgo

import (
	"testing"

	"github.com/apache/arrow-adbc/go/adbc/validation"
	"github.com/stretchr/testify/suite"
)

func TestDatabase(t *testing.T)   { suite.Run(t, &validation.DatabaseTests{Quirks: &quirks{}}) }
func TestConnection(t *testing.T) { suite.Run(t, &validation.ConnectionTests{Quirks: &quirks{}}) }
func TestStatement(t *testing.T)  { suite.Run(t, &validation.StatementTests{Quirks: &quirks{}}) }
