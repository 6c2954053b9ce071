package auth_test

import (
	"fmt"

	"github.com/sfsql/sfsql/salesforce/auth"
)

func ExampleParseHost() {
	for _, pasted := range []string{"login", "acme--uat", "https://acme.lightning.force.com/lightning/page/home"} {
		host, err := auth.ParseHost(pasted)
		fmt.Println(host, err)
	}
	// Output:
	// login.salesforce.com <nil>
	// acme--uat.sandbox.my.salesforce.com <nil>
	// acme.my.salesforce.com <nil>
}

func ExampleHint() {
	err := fmt.Errorf("starting up: %w", &auth.Error{Code: "invalid_grant", Description: "no client credentials user enabled"})
	fmt.Println(auth.Hint(err))
	// Output: name a user in the app's policy: Client Credentials Flow > Run As
}

func ExampleNotices() {
	source, err := auth.SOAP(auth.Config{LoginURL: "https://login.salesforce.com", Username: "me@example.com", Password: "…"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(auth.Notices(source)[0])
	// Output: SOAP login works up to API version 64.0 only and ends with Salesforce's Summer '27 release (June 2027); move to the client credentials, the JWT bearer or the browser login
}
