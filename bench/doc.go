// Command bench measures the driver beside the Go client
// github.com/k-capehart/go-salesforce/v3 and beside the least that any client
// must do: reading the same bytes with net/http and a tokenizer.
//
//	go run .                          # everything, some minutes
//	go run . -rows 100000 -latency 0  # quickly
//	go run . -peak 0                  # without the runs of 5,000,000 rows
//	go run . -exports 2000000         # sfsql export beside reading alone
//
// All of them ask the same query of the same server: a process of its own,
// whose pages were written beforehand in the form of the emulated org, so that
// its work does not count. Each client is a process of its own, too; its CPU
// time, allocations and peak memory are what it measured of itself. The output
// is Markdown.
package main
