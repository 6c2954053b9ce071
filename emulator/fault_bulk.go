package emulator

// scriptedJobs lets the script have its way with Bulk jobs.
func (s *Server) scriptedJobs() bulkFaults {
	return bulkFaults{
		end: func(job bulkFacts) bulkEnd {
			endpoint := "job"
			if job.Ingest {
				endpoint = "ingest"
			}
			f := s.faults.due(atJob, endpoint)
			if f == nil {
				return bulkEnd{}
			}
			switch f.Kind {
			case FaultJobAborted:
				return bulkEnd{State: stateAborted}
			case FaultJobRetries:
				return bulkRetried
			}
			return bulkEnd{State: stateFailed, Message: "InternalServerError : the job failed on purpose"}
		},
		missing: func(_ bulkFacts, _, rows int) int {
			if rows > 0 && s.faults.due(atJob, "results") != nil {
				return 1
			}
			return 0
		},
	}
}
