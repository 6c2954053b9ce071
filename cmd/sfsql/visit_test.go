package main

import (
	"io"
	"net/http"
	"time"
)

// visit goes to an address as a browser does and returns where it lands.
func visit(address string) (string, error) {
	client := http.Client{Timeout: 20 * time.Second}
	resp, err := client.Get(address)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		return "", err
	}
	return resp.Request.URL.String(), nil
}
