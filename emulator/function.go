package emulator

import (
	"math"
	"net/http"
	"strconv"
	"strings"

	"github.com/sfsql/sfsql/soql"
)

// function compiles a function that is no aggregate.
func (c *compiler) function(call *soql.Call) (*operand, error) {
	switch call.Name {
	case "DISTANCE":
		return c.distance(call)
	case "toLabel", "convertCurrency", "FORMAT":
		of, err := c.operand(call.Args[0])
		if err != nil {
			return nil, err
		}
		kind, show, err := c.display(call, of)
		if err != nil {
			return nil, err
		}
		return &operand{kind: kind, name: of.name, field: of.field, pos: call.Pos, get: func(row int) datum {
			return show(of.get(row))
		}}, nil
	}
	return c.dateFunction(call)
}

// display compiles toLabel, convertCurrency and FORMAT: what they make of a
// value, and its type.
func (c *compiler) display(call *soql.Call, of *operand) (kind string, show func(datum) datum, err error) {
	switch call.Name {
	case "toLabel":
		if of.kind != "picklist" && of.kind != "multipicklist" && of.name != "Name" {
			return "", nil, c.failAt(call.Pos, "INVALID_FIELD", "field %s does not support toLabel", of.name)
		}
		return "string", labels(of), nil
	case "convertCurrency":
		if !c.quirks.MultiCurrency {
			return "", nil, c.failAt(call.Pos, "INVALID_FIELD", "convertCurrency is for organizations with multiple currencies")
		}
		if of.kind != "currency" {
			return "", nil, c.failAt(call.Pos, "INVALID_FIELD", "field %s does not support convertCurrency", of.name)
		}
		// The records' currency is the user's.
		return of.kind, func(d datum) datum { return d }, nil
	}
	return "string", func(d datum) datum { return c.format(of, d) }, nil
}

// labels returns what makes labels of a picklist's values.
func labels(of *operand) func(datum) datum {
	known := map[string]string{}
	if of.field != nil {
		known = of.field.labels
	}
	label := func(value string) string {
		if l, ok := known[value]; ok {
			return l
		}
		return value
	}
	return func(d datum) datum {
		switch {
		case d.null:
			return d
		case of.kind != "multipicklist":
			return datum{s: label(d.s)}
		}
		parts := strings.Split(d.s, ";")
		for i := range parts {
			parts[i] = label(parts[i])
		}
		return datum{s: strings.Join(parts, ";")}
	}
}

// format returns a value as FORMAT shows it to an American user, in the user's
// time zone.
func (c *compiler) format(of *operand, d datum) datum {
	if d.null {
		return d
	}
	scale := 0
	if of.field != nil {
		scale = of.field.Scale
	}
	switch of.kind {
	case "int", "long":
		return datum{s: grouped(strconv.FormatInt(d.n, 10))}
	case "double":
		return datum{s: grouped(strconv.FormatFloat(d.f, 'f', -1, 64))}
	case "percent":
		return datum{s: grouped(strconv.FormatFloat(d.f, 'f', -1, 64)) + "%"}
	case "currency":
		text := grouped(strconv.FormatFloat(math.Abs(d.f), 'f', max(scale, 2), 64))
		if d.f < 0 {
			return datum{s: "-$" + text}
		}
		return datum{s: "$" + text}
	case "date":
		return datum{s: dateOf(d.n).Format("1/2/2006")}
	case "datetime":
		return datum{s: instantOf(d.n).In(c.zone).Format("1/2/2006, 3:04 PM")}
	case "time":
		return datum{s: instantOf(d.n).Format("3:04 PM")}
	case "id", "reference":
		return datum{s: string(c.org.appendID(nil, recordID(d.n)))}
	case "boolean":
		return datum{s: strconv.FormatBool(d.n != 0)}
	}
	return d
}

// grouped puts commas between the thousands of a number.
func grouped(number string) string {
	sign, whole := "", number
	if strings.HasPrefix(number, "-") {
		sign, whole = "-", number[1:]
	}
	whole, fraction, dotted := strings.Cut(whole, ".")
	var b strings.Builder
	b.WriteString(sign)
	for i := range len(whole) {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteByte(whole[i])
	}
	if dotted {
		b.WriteString("." + fraction)
	}
	return b.String()
}

// anyDistance stands for the field of a distance: it may be filtered and
// sorted, whatever the flags of the location are.
var anyDistance = &Field{Name: "DISTANCE", Type: "double", Filterable: true, Sortable: true}

const (
	earthMiles      = 3958.7613
	earthKilometres = 6371.0088
)

// distance compiles DISTANCE(field, GEOLOCATION(latitude, longitude), unit).
func (c *compiler) distance(call *soql.Call) (*operand, error) {
	r, err := c.route(call.Args[0].(*soql.Field))
	if err != nil {
		return nil, err
	}
	place, ok := r.table.column(r.place).(*compoundColumn)
	if !ok || r.polymorphic() {
		return nil, c.failAt(call.Pos, "INVALID_FIELD", "field %s does not support DISTANCE", r.field().Name)
	}
	to, err := c.point(call.Args[1].(*soql.Call))
	if err != nil {
		return nil, err
	}
	radius := earthMiles
	if call.Args[2].(*soql.Value).Literal.Text == "km" {
		radius = earthKilometres
	}
	latitude, longitude := reader(place.part("latitude")), reader(place.part("longitude"))
	return &operand{kind: "double", name: r.field().Name, field: anyDistance, pos: call.Pos, get: func(row int) datum {
		_, at, ok := r.at(row)
		if !ok {
			return nullDatum
		}
		lat, long := latitude(at), longitude(at)
		if lat.null || long.null {
			return nullDatum
		}
		return datum{f: radius * arc(lat.f, long.f, to[0], to[1])}
	}}, nil
}

// point reads the numbers of GEOLOCATION.
func (c *compiler) point(call *soql.Call) (at [2]float64, err error) {
	for i, most := range []float64{90, 180} {
		text := call.Args[i].(*soql.Value).Literal.Text
		if at[i], err = strconv.ParseFloat(text, 64); err != nil || math.Abs(at[i]) > most {
			return at, c.failAt(call.Args[i].Position(), "NUMBER_OUTSIDE_VALID_RANGE", "%s is out of the range from -%v to %v", text, most, most)
		}
	}
	return at, nil
}

func (c *compoundColumn) part(key string) column {
	for i := range c.keys {
		if c.keys[i] == key {
			return c.parts[i]
		}
	}
	panic("emulator: an address without " + key) // a slip in the schema, found by its test
}

// arc is the angle between two points given in degrees, by haversines.
func arc(lat1, long1, lat2, long2 float64) float64 {
	const degree = math.Pi / 180
	hav := func(x float64) float64 { s := math.Sin(x * degree / 2); return s * s }
	h := hav(lat2-lat1) + math.Cos(lat1*degree)*math.Cos(lat2*degree)*hav(long2-long1)
	return 2 * math.Asin(math.Min(1, math.Sqrt(h)))
}

// rates are the units of a currency that the corporate one, the dollar, buys.
var rates = map[string]float64{"USD": 1, "EUR": 0.9, "GBP": 0.8, "JPY": 150}

// amount reads the number of a literal, in the records' currency.
func (c *compiler) amount(left *operand, v soql.Literal) (float64, error) {
	f, err := strconv.ParseFloat(v.Text, 64)
	if err != nil || v.Kind != soql.NumberLiteral && v.Kind != soql.CurrencyLiteral {
		return 0, c.wrongType(left, v, left.kind, false)
	}
	if v.Kind == soql.NumberLiteral {
		return f, nil
	}
	rate, known := rates[v.Currency]
	if left.kind != "currency" || !c.quirks.MultiCurrency || !known {
		return 0, fail(http.StatusBadRequest, "INVALID_FIELD", "invalid currency literal for field '%s': %s", left.name, v)
	}
	return f / rate, nil
}
