package salesforce

func (r *BulkRows) download() error { return nil }
