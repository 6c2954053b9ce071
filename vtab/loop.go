package vtab

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/sfsql/sfsql/internal/planner"
)

// Instruction is a line of a SQLite program, as EXPLAIN lists it.
// https://sqlite.org/opcode.html
type Instruction struct {
	Op         string
	P1, P2, P3 int64
	P4         string
	P5         int64
}

// Loop is a program that does nothing with the rows of one scan but hand out
// their columns:
//
//	VFilter
//	VColumn …, constants, tests that a scan may have made needless
//	ResultRow
//	DecrJumpZero, where there is a LIMIT
//	VNext
//	Halt
//
// What comes before VFilter is run by SQLite in any case: a Loop takes over
// at its first row.
type Loop struct {
	plan    *planner.Plan
	asked   []int // the table's columns, in the order in which SQLite asks
	results []int // the table's column of each result column, or fromFirstRow
	tests   []loopTest
	limit   int64 // rows; negative means no limit
}

// fromFirstRow stands for a result column that is the same in every row.
const fromFirstRow = -1

// loopTest is a predicate that SQLite checks for each row.
type loopTest struct {
	column    int
	op        planner.Op
	collation string
	arg       int // the argument of the scan that it compares with; 0 for IS NOT NULL
}

// ReadLoop reads a program. The error says why its rows must pass through
// SQLite.
func ReadLoop(program []Instruction) (*Loop, error) {
	r := loopReader{program: program, registers: map[int64]int{}}
	if err := r.bounds(); err != nil {
		return nil, err
	}
	plan, err := planner.DecodePlan(program[r.filter].P4)
	if err != nil {
		return nil, errors.New("the scan is none of an sObject")
	}
	r.loop = Loop{plan: plan, limit: -1}
	for r.at = r.filter + 1; r.at < r.next; r.at++ {
		if err := r.instruction(program[r.at]); err != nil {
			return nil, err
		}
	}
	if r.loop.results == nil {
		return nil, errors.New("no row leaves the loop")
	}
	return &r.loop, nil
}

type loopReader struct {
	program   []Instruction
	filter    int // where the one VFilter stands
	next      int // and its VNext
	at        int
	registers map[int64]int // the column in a register, or fromFirstRow
	loop      Loop
}

// bounds finds the loop: one scan, whose end is the program's.
func (r *loopReader) bounds() error {
	isFilter := func(i Instruction) bool { return i.Op == "VFilter" }
	r.filter = slices.IndexFunc(r.program, isFilter)
	if r.filter < 0 || slices.ContainsFunc(r.program[r.filter+1:], isFilter) {
		return errors.New("there is not exactly one scan")
	}
	filter := r.program[r.filter]
	end := int(filter.P2)
	if end <= r.filter+1 || end >= len(r.program) {
		return errors.New("the scan ends outside of the program")
	}
	r.next = end - 1
	next, halt := r.program[r.next], r.program[end]
	if next.Op != "VNext" || next.P1 != filter.P1 || next.P2 != int64(r.filter+1) {
		return errors.New("the scan has no plain loop")
	}
	if halt.Op != "Halt" || halt.P1 != 0 {
		return errors.New("something follows the scan")
	}
	return nil
}

func (r *loopReader) instruction(i Instruction) error {
	if r.loop.results != nil && i.Op != "DecrJumpZero" {
		return fmt.Errorf("%s follows the row", i.Op)
	}
	switch i.Op {
	case "VColumn":
		return r.column(i)
	case "Integer", "Int64", "Real", "String8", "Blob", "Variable":
		r.registers[i.P2] = fromFirstRow
	case "Null":
		for reg := i.P2; reg <= max(i.P2, i.P3); reg++ {
			r.registers[reg] = fromFirstRow
		}
	case "ResultRow":
		return r.resultRow(i)
	case "DecrJumpZero":
		return r.limit(i)
	case "IsNull":
		return r.test(i, i.P1, loopTest{op: planner.OpNOTNULL})
	case "Eq", "Ne", "Lt", "Le", "Gt", "Ge":
		return r.comparison(i)
	default:
		return fmt.Errorf("%s works on the rows", i.Op)
	}
	return nil
}

func (r *loopReader) column(i Instruction) error {
	if i.P1 != r.program[r.filter].P1 || i.P5 != 0 {
		return errors.New("a column of something else is read")
	}
	r.registers[i.P3] = int(i.P2)
	r.loop.asked = append(r.loop.asked, int(i.P2))
	return nil
}

// resultRow maps the result's columns. A register that the loop does not write
// keeps what it had in the first row.
func (r *loopReader) resultRow(i Instruction) error {
	r.loop.results = make([]int, i.P2)
	for k := range r.loop.results {
		column, ok := r.registers[i.P1+int64(k)]
		if !ok {
			column = fromFirstRow
		}
		r.loop.results[k] = column
	}
	return nil
}

// limit reads LIMIT where the program itself tells the number.
func (r *loopReader) limit(i Instruction) error {
	if r.loop.results == nil || r.loop.limit >= 0 || i.P2 != int64(r.next+1) {
		return errors.New("a counter ends something else")
	}
	before := r.program[:r.filter]
	at := slices.IndexFunc(before, func(w Instruction) bool { return w.Op == "Integer" && w.P2 == i.P1 })
	if at < 0 || !onlyConstants(r.program) {
		return errors.New("LIMIT is computed")
	}
	if _, written := r.registers[i.P1]; written || before[at].P1 < 1 {
		return errors.New("LIMIT is no plain number")
	}
	if slices.ContainsFunc(r.program[at+1:], func(w Instruction) bool { return w.Op != "VColumn" && loads[w.Op] && w.P2 == i.P1 }) {
		return errors.New("LIMIT changes")
	}
	r.loop.limit = before[at].P1
	return nil
}

// loads are the instructions that put a constant into register P2.
var loads = map[string]bool{
	"Integer": true, "Int64": true, "Real": true, "String8": true, "Blob": true, "Variable": true, "Null": true,
}

// onlyConstants reports whether a program computes nothing, so that what a
// register holds can be read off its loads.
func onlyConstants(program []Instruction) bool {
	return !slices.ContainsFunc(program, func(i Instruction) bool {
		switch i.Op {
		case "Init", "Transaction", "Goto", "Halt", "Noop", "Explain", "VOpen", "VFilter", "VColumn", "VNext", "ResultRow",
			"DecrJumpZero", "IsNull", "Eq", "Ne", "Lt", "Le", "Gt", "Ge":
			return false
		}
		return !loads[i.Op] || i.Op == "Null" && i.P3 > i.P2
	})
}

// passing is what a row passes where SQLite skips it otherwise.
var passing = map[string]planner.Op{
	"Le": planner.OpGT, "Lt": planner.OpGE, "Gt": planner.OpLE, "Ge": planner.OpLT, "Ne": planner.OpEQ, "Eq": planner.OpNE,
}

// Flags in P5 of a comparison.
const (
	affinityMask = 0x47 // does not matter, see passes
	jumpIfNull   = 0x10
)

// comparison reads a test of a column against a parameter.
func (r *loopReader) comparison(i Instruction) error {
	if i.P5&^affinityMask != jumpIfNull {
		return errors.New("a comparison of another kind is checked")
	}
	collation, _, ok := strings.Cut(i.P4, "-")
	if !ok {
		return errors.New("a comparison has no collation")
	}
	variable, ok := r.variable(i.P1)
	if !ok {
		return errors.New("a comparison with something else than a parameter is checked")
	}
	t := loopTest{op: passing[i.Op], collation: collation}
	first := r.program[r.filter].P3 + 2
	for _, term := range r.loop.plan.Terms {
		v, ok := r.variable(first + int64(term.Arg) - 1)
		if term.Arg > 0 && ok && v == variable {
			t.arg = term.Arg
			if err := r.test(i, i.P3, t); err == nil {
				return nil
			}
		}
	}
	return errors.New("a comparison that the scan does not know is checked")
}

// variable returns the parameter that a register holds: the only thing that
// the program loads into it.
func (r *loopReader) variable(register int64) (int64, bool) {
	number, writers := int64(0), 0
	for _, i := range r.program {
		switch {
		case i.Op == "VColumn" && i.P3 == register:
			return 0, false
		case loads[i.Op] && i.P2 == register:
			writers++
			if i.Op == "Variable" {
				number = i.P1
			}
		}
	}
	return number, writers == 1 && number > 0 && onlyConstants(r.program)
}

// test notes a predicate that skips a row, where the plan has the same one.
func (r *loopReader) test(i Instruction, register int64, t loopTest) error {
	column, ok := r.registers[register]
	if !ok || column == fromFirstRow || i.P2 != int64(r.next) {
		return errors.New("a test of something else than a column")
	}
	t.column = column
	same := func(term planner.Term) bool {
		switch {
		case term.Column != t.column || term.Op != t.op || term.Arg == 0 || term.In:
			return false
		case t.op == planner.OpNOTNULL:
			return true
		}
		return term.Arg == t.arg && term.Collation == t.collation && term.Known == nil
	}
	if !slices.ContainsFunc(r.loop.plan.Terms, same) {
		return errors.New("a test that the scan does not know")
	}
	r.loop.tests = append(r.loop.tests, t)
	return nil
}
