package driver_test

import (
	"context"
	"database/sql"
	"fmt"
	"log"

	_ "github.com/sfsql/sfsql/driver"
	_ "github.com/sfsql/sfsql/emulator/demo"
)

// The built-in org needs no account and no network.
func Example() {
	db, err := sql.Open("salesforce", "salesforce://demo/")
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()

	const query = `
		SELECT o.StageName, count(*), max(o.CloseDate)
		FROM Opportunity o JOIN Account a ON a.Id = o.AccountId
		WHERE a.Industry = ? AND o.IsClosed
		GROUP BY o.StageName ORDER BY o.StageName`
	rows, err := db.QueryContext(context.Background(), query, "Energy")
	if err != nil {
		log.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var stage, last string
		var n int
		if err := rows.Scan(&stage, &n, &last); err != nil {
			log.Fatal(err)
		}
		fmt.Println(stage, n, last)
	}
	if err := rows.Err(); err != nil {
		log.Fatal(err)
	}
	// Output:
	// Closed Lost 4 2025-10-20
	// Closed Won 13 2026-10-25
}

// EXPLAIN SOQL shows what a statement would ask of Salesforce. It asks nothing.
func Example_explain() {
	db, err := sql.Open("salesforce", "salesforce://demo/")
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()

	rows, err := db.Query(`EXPLAIN SOQL SELECT Name FROM Account WHERE NumberOfEmployees > 500 AND Rating <> 'Cold' LIMIT 10`)
	if err != nil {
		log.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var step int
		var table, soql, api, note sql.NullString
		var expected, calls sql.NullInt64
		if err := rows.Scan(&step, &table, &soql, &api, &expected, &calls, &note); err != nil {
			log.Fatal(err)
		}
		fmt.Println(soql.String + note.String)
	}
	// Output:
	// SELECT Id,Name,NumberOfEmployees,Rating FROM Account WHERE NumberOfEmployees>500
	// REST: Account has about 973 rows in all; Bulk is taken from 30,000 rows on
	// not sent: Rating <> 'Cold' (Salesforce folds more letters than SQLite, so <> would lose rows)
}

// A query of your own, in SOQL, is a table too.
func Example_soql() {
	db, err := sql.Open("salesforce", "salesforce://demo/")
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()

	var year, n int
	err = db.QueryRow(`
		SELECT y, n FROM soql('SELECT CALENDAR_YEAR(CloseDate) y, COUNT(Id) n FROM Opportunity GROUP BY CALENDAR_YEAR(CloseDate)')
		ORDER BY n DESC, y LIMIT 1`).Scan(&year, &n)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(year, n)
	// Output:
	// 2022 436
}
