// Package gosalesforce runs the Go client github.com/k-capehart/go-salesforce
// against the emulated org. It is a module of its own, so that the client is
// no dependency of the driver.
package gosalesforce
