package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/sfsql/sfsql/internal/export"
)

// exportClient writes the query's rows to a file.
func exportClient(format, options string) client {
	return func(ctx context.Context, org target, begin func()) (n int, err error) {
		v := url.Values{"access_token": {org.token}, "instance_url": {org.url}, "tls": {"off"}, "time": {"text"}}
		db, err := sql.Open("salesforce", "salesforce://"+strings.TrimPrefix(org.url, "http://")+"/?"+v.Encode()+"&"+options)
		if err != nil {
			return 0, err
		}
		defer db.Close()
		if err := db.PingContext(ctx); err != nil {
			return 0, err
		}
		folder, err := os.MkdirTemp("", "bench")
		if err != nil {
			return 0, err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
		columns, _, _ := strings.Cut(strings.TrimPrefix(query, "SELECT "), " FROM")
		begin()
		o := export.Options{DB: db, Objects: []string{"Opportunity"}, Columns: strings.Split(columns, ", "), Format: format, Out: folder}
		if format == "sqlite" { // it would find that the server's records repeat
			o = export.Options{DB: db, Query: query, Format: format, Out: folder}
		}
		result, err := export.Run(ctx, o)
		if err != nil {
			return 0, err
		}
		return int(result.Files[0].Rows), nil
	}
}

func init() {
	for _, format := range export.Formats {
		for _, api := range []string{"rest", "bulk"} {
			clients["export-"+format+"-"+api] = exportClient(format, "api="+api)
		}
	}
}

// exports compares writing files with reading alone, in one run, and the peak
// memory of few rows with that of many.
func exports(ctx context.Context, out io.Writer, many int) error {
	const few = 50_000
	fmt.Fprintf(out, "\n## Exports of %d rows\n\nThe best of %d runs.\n\n", many, *runs)
	fmt.Fprintf(out, "| client | rows/s | beside reading alone | CPU µs/row | beside reading alone | peak RSS MiB | of %d rows |\n|---|--:|--:|--:|--:|--:|--:|\n", few)
	measured := map[int]map[string]figures{}
	for _, n := range []int{few, many} {
		measured[n] = map[string]figures{}
		if err := eachExport(ctx, n, measured[n]); err != nil {
			return err
		}
	}
	for _, api := range []string{"rest", "bulk"} {
		alone := measured[many]["sfsql-"+api]
		for _, name := range exportOrder(api) {
			f := measured[many][name]
			fmt.Fprintf(out, "| %s | %.0f | %.2f | %.2f | 1/%.2f | %d | %d |\n", name,
				f.rate(), f.rate()/alone.rate(), f.cpuPerRow(), f.cpuPerRow()/alone.cpuPerRow(), f.PeakRSS>>20, measured[few][name].PeakRSS>>20)
		}
	}
	return nil
}

func exportOrder(api string) []string {
	out := []string{"sfsql-" + api}
	for _, format := range export.Formats {
		out = append(out, "export-"+format+"-"+api)
	}
	return out
}

// eachExport measures all of them on one server, in turns; the best of each
// counts.
func eachExport(ctx context.Context, rows int, into map[string]figures) error {
	org, stop, err := startOrg(ctx, rows)
	if err != nil {
		return err
	}
	defer stop()
	for range *runs {
		for _, name := range slices.Concat(exportOrder("rest"), exportOrder("bulk")) {
			var f figures
			if err := child(ctx, org, &f, "-role", "measure", "-client", name, "-rows", strconv.Itoa(rows)); err != nil {
				return err
			}
			into[name] = f.better(into[name])
		}
	}
	return nil
}
