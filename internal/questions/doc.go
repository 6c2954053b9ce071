// Package questions measures plans: questions as analysts ask them, each with
// the best plan in SOQL that someone who knows the org would write by hand, are
// answered by the driver and by that plan on the same emulated org. The driver
// may take 1.2 times the calls and the rows of the plans, over all of them.
//
// It is a test package. The questions stand in testdata/questions.txt of the
// module's root: a name, a line of SQL, then the steps of the plan, one a line.
// :ids Field stands for the values of a field in the answer to the step
// before, :ids few for a local list.
//
//	go test ./internal/questions -v -run Questions        # the table
//	go test ./internal/questions -run Questions -pushdown # writes it into docs/pushdown.md
package questions
