package emulator

import (
	"fmt"
	"math"
	"strings"
)

// cell is the place of one value and the source of its randomness: the same
// seed, object, field and row always give the same sequence, whatever was
// generated before.
type cell struct {
	t     *table
	f     *Field
	row   int
	state uint64
	over  func(place int) any // the row's other values where it was written
}

func (t *table) cell(f *Field, row int) *cell {
	h := mix(t.org.seed ^ hashName(t.obj.Name)*31 ^ hashName(f.Name))
	return &cell{t: t, f: f, row: row, state: mix(h + uint64(row)*0x9e3779b97f4a7c15)}
}

// at returns the same field's cell in another row.
func (c *cell) at(row int) *cell { return c.t.cell(c.f, row) }

func hashName(s string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	return h
}

// mix is the finalizer of splitmix64.
func mix(x uint64) uint64 {
	x ^= x >> 30
	x *= 0xbf58476d1ce4e5b9
	x ^= x >> 27
	x *= 0x94d049bb133111eb
	return x ^ x>>31
}

func (c *cell) next() uint64 {
	c.state += 0x9e3779b97f4a7c15
	return mix(c.state)
}

// below returns a number from 0 to n-1.
func (c *cell) below(n int) int { return int(c.next() % uint64(n)) }

func (c *cell) chance(inHundred int) bool { return c.below(100) < inHundred }

func (c *cell) one(of []string) string { return of[c.below(len(of))] }

// The row's other fields, for values that belong together. The null of each
// type comes back as "", noNumber or NaN.

func (c *cell) text(name string) string {
	if c.over != nil {
		return written(c, name, "")
	}
	s, _ := c.t.columnNamed(name).value(c.row).(string)
	return s
}

func (c *cell) whole(name string) int64 {
	if c.over != nil {
		return written(c, name, int64(noNumber))
	}
	return c.t.columnNamed(name).(*wholeColumn).rows[c.row]
}

func (c *cell) real(name string) float64 {
	if c.over != nil {
		return written(c, name, math.NaN())
	}
	return c.t.columnNamed(name).(*realColumn).rows[c.row]
}

// written reads another field of a row that was written.
func written[T any](c *cell, name string, null T) T {
	place, _ := c.t.obj.field(name)
	if v, ok := c.over(place).(T); ok {
		return v
	}
	return null
}

// parent reads the text of the record that a lookup of a written row leads to.
func (c *cell) parent(lookup, name string) string {
	place, _ := c.t.obj.field(lookup)
	id, ok := c.over(place).(recordID)
	if !ok {
		return ""
	}
	t := c.t.org.tables[id.object()]
	place, ok = t.obj.field(name)
	if !ok {
		return ""
	}
	s, _ := t.data.at(id.row(), place).(string)
	return s
}

// Generators by kind of field. What a real org would call dirty data is mixed
// into all free text: texts that differ in case only, quotes, other scripts.

// twinEvery is how often a text repeats its upper neighbour in another case.
const twinEvery = 13

// twin returns the value of the row above in another case, now and then.
func (c *cell) twin(m makeFunc) (string, bool) {
	if c.row == 0 || c.row%twinEvery != 0 {
		return "", false
	}
	above, _ := m(c.at(c.row - 1)).(string)
	return recase(above, c.below(3)), above != ""
}

func recase(s string, way int) string {
	switch way {
	case 0:
		return strings.ToUpper(s)
	case 1:
		return strings.ToLower(s)
	}
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' {
			return r - 'a' + 'A'
		}
		if r >= 'A' && r <= 'Z' {
			return r - 'A' + 'a'
		}
		return r
	}, s)
}

// plain makes free text that reads well but for one row in some.
func plain(nastyInHundred int, m func(c *cell) string) makeFunc {
	return func(c *cell) any {
		if c.row%twinEvery == 0 && c.row > 0 {
			above := c.at(c.row - 1)
			if !above.chance(nastyInHundred) {
				return recase(m(above), c.below(3))
			}
		}
		if c.chance(nastyInHundred) {
			return c.one(nastyTexts)
		}
		return m(c)
	}
}

func someText(c *cell) any {
	if s, ok := c.twin(someText); ok {
		return s
	}
	switch {
	case c.row%3 == 1:
		// In turn, so that a few hundred rows show nearly all of them.
		return nastyTexts[(c.row/3+int(hashName(c.f.Name)%1000))%len(nastyTexts)]
	case c.chance(30):
		return c.one(shortWords)
	}
	return c.one(adjectives) + " " + c.one(shortWords)
}

func longText(c *cell) any {
	if c.chance(20) {
		return c.one(nastyTexts)
	}
	var b strings.Builder
	for range 1 + c.below(6) {
		b.WriteString(c.one(sentences))
		b.WriteString([]string{" ", "\n", "\r\n", "\n\n", "\t"}[c.below(5)])
	}
	return b.String()
}

func richText(c *cell) any {
	return "<p>" + c.one(sentences) + "<br>" + strings.ReplaceAll(c.one(nastyTexts), "<", "&lt;") + "</p>"
}

func somePhone(c *cell) any {
	return fmt.Sprintf("(%03d) 555-%04d", 200+c.below(700), c.below(10000))
}

func someEmail(c *cell) any {
	return strings.ToLower(c.one(firstNames)) + "." + fmt.Sprint(c.below(40)) + "@" + c.one(domains)
}

func someURL(c *cell) any { return "https://www." + c.one(domains) + "/?q=" + fmt.Sprint(c.below(50)) }

func somePick(c *cell) any { return c.one(c.f.Picklist) }

func someChoice(c *cell) any {
	var chosen []string
	for _, v := range c.f.Picklist {
		if c.chance(40) {
			chosen = append(chosen, v)
		}
	}
	return strings.Join(chosen, ";")
}

func someBool(c *cell) any { return c.chance(50) }

func rarely(inHundred int) makeFunc { return func(c *cell) any { return c.chance(inHundred) } }

func intBelow(limit int64) makeFunc {
	return func(c *cell) any {
		if c.chance(10) {
			return []int64{0, 1, limit - 1, -1, 7}[c.below(5)]
		}
		// Sizes spread over the orders of magnitude, as head counts do.
		top := int64(math.Pow(10, 1+float64(c.below(7))))
		return int64(c.next()%uint64(min(top, limit))) + 1
	}
}

func someLong(c *cell) any {
	if c.chance(30) {
		return []int64{math.MaxInt64, math.MinInt64 + 1, 1<<53 + 1, 1 << 53, -1 << 53, 0}[c.below(6)]
	}
	return int64(c.next()>>1)>>c.below(62) - 5
}

// someNumber fills a field's precision and scale, its extremes included.
func someNumber(c *cell) any {
	whole := c.f.Precision - c.f.Scale
	digits := c.below(whole + 1)
	v := math.Floor(float64(c.next()>>11) / (1 << 53) * math.Pow(10, float64(digits)))
	if c.f.Scale > 0 && c.chance(70) {
		v += float64(c.below(int(math.Pow(10, float64(min(c.f.Scale, 4)))))) / math.Pow(10, float64(min(c.f.Scale, 4)))
	}
	switch c.below(20) {
	case 0:
		return 0.0
	case 1:
		return math.Pow(10, -float64(c.f.Scale))
	case 2:
		return math.Pow(10, float64(whole)) - math.Pow(10, -float64(c.f.Scale))
	case 3:
		if whole >= 17 {
			return []float64{1 << 53, 1<<53 + 2, 1e17 - 16, 123456789012345680, 999999999999999900}[c.below(5)]
		}
	case 4, 5:
		v = -v
	}
	return roundTo(v, c.f.Scale) + 0 // adding zero turns -0 into 0
}

func roundTo(v float64, scale int) float64 {
	p := math.Pow(10, float64(min(scale, 15)))
	if r := math.Round(v * p); math.Abs(r) < 1<<53 {
		return r / p
	}
	return v
}

// money is an amount between the two, rounded so that it reads well.
func money(low, high float64) makeFunc {
	return func(c *cell) any {
		v := low * math.Pow(high/low, float64(c.below(1000))/1000)
		step := math.Pow(10, math.Floor(math.Log10(v))-1)
		v = math.Round(v/step) * step
		if c.chance(30) && c.f.Scale > 0 {
			v += float64(c.below(100)) / 100
		}
		return roundTo(v, c.f.Scale)
	}
}

var edgeDates = []int64{
	day(1700, 1, 1), day(4000, 12, 31), day(1970, 1, 1), day(1969, 12, 31), day(2000, 2, 29),
	day(2024, 2, 29), day(1900, 2, 28), day(2038, 1, 19), day(1999, 12, 31), day(2025, 1, 1),
}

func someDate(c *cell) any {
	if c.chance(15) {
		return edgeDates[c.below(len(edgeDates))]
	}
	return day(2019, 1, 1) + int64(c.below(3000))
}

func someInstant(c *cell) any {
	switch c.below(8) {
	case 0:
		return edgeDates[c.below(len(edgeDates))] * dayMillis
	case 1:
		return edgeDates[c.below(len(edgeDates))]*dayMillis + dayMillis - 1
	case 2:
		return (day(2020, 1, 1) + int64(c.below(2000))) * dayMillis
	case 3:
		return (day(2020, 1, 1)+int64(c.below(20)))*dayMillis + int64(c.below(dayMillis))
	}
	return (day(2020, 1, 1)+int64(c.below(2000)))*dayMillis + int64(c.below(dayMillis)/1000*1000)
}

func someClock(c *cell) any {
	if c.chance(20) {
		return []int64{0, dayMillis - 1, dayMillis / 2, 36_900_000}[c.below(4)]
	}
	return int64(c.below(dayMillis) / 60_000 * 60_000)
}

// createdDate grows with the row, as it does in an org, and never has
// fractions of a second.
func createdDate(c *cell) any {
	start, span := day(2019, 3, 1)*dayMillis, int64(2500)*dayMillis
	at := start + int64(float64(span)*float64(c.row)/float64(c.t.size+1))
	return (at + int64(c.below(3*dayMillis))) / 1000 * 1000
}

func modifiedDate(c *cell) any {
	return c.whole("CreatedDate") + int64(c.below(200))*int64(c.below(dayMillis/1000))*1000
}

func systemModstamp(c *cell) any {
	if c.chance(80) {
		return c.whole("LastModifiedDate")
	}
	return c.whole("LastModifiedDate") + int64(c.below(100_000))*1000
}

// someRecord chooses a record that a lookup may hold. Records in the recycle
// bin are chosen by none, because Salesforce clears lookups to them.
func someRecord(c *cell) any {
	target := c.f.ReferenceTo[c.below(len(c.f.ReferenceTo))]
	return c.recordOf(target)
}

func (c *cell) recordOf(object string) any {
	o, ok := c.t.org.object(object)
	if !ok || c.t.org.table(o).size == 0 {
		return nil
	}
	t := c.t.org.table(o)
	if t.live() == 0 {
		return nil
	}
	row := c.below(t.size)
	for t.deleted(row) {
		row = (row + 1) % t.size
	}
	return makeRecordID(o.index, row)
}

// parentRecord links to a row of the same object further up, so that paths
// over several levels end.
func parentRecord(c *cell) any {
	if c.row == 0 {
		return nil
	}
	row := c.below(c.row)
	if c.t.deleted(row) {
		return nil
	}
	return makeRecordID(c.t.obj.index, row)
}

func someAny(c *cell) any {
	switch c.below(6) {
	case 0:
		return nil
	case 1:
		return c.chance(50)
	case 2:
		return float64(c.below(100000)) / 4
	case 3:
		return c.one(nastyTexts)
	}
	return c.one(shortWords)
}
