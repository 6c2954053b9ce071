package emulator

import "net/http"

type bulkLoad struct{}

func (l *bulkLoad) proceed(float64)          {}
func (l *bulkLoad) finish() (string, string) { return stateComplete, "" }
func (l *bulkLoad) processed() int           { return 0 }
func (l *bulkLoad) failed() int              { return 0 }

func (c *call) createIngestJob(w *response, r *http.Request) error { return notFound() }
func (c *call) closeIngest(job *bulkJob) error                     { return notFound() }
func (c *call) ingestJob(w *response, r *http.Request, job *bulkJob, part string) error {
	return notFound()
}
