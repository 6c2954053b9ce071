package emulator

import (
	"fmt"
	"math"
)

var colors = []string{"Red", "amber", "Green", "blue", "O'Brien's", "50%", "Ünlü", "a_b"}

// everythingObject has a field of every type that describe knows.
func everythingObject() *Object {
	return newObject("Everything__c", "a00", 400, []Field{
		idField(), owner("Group", "User"), deletedFlag(), func() Field {
			f := autoNumber("Name", "E-%06d")
			f.NameField = true
			return f
		}(),
	}, audit(), []Field{
		text("Text__c", 255), caseSensitiveField(), area("LongText__c", 131072), richTextField(), area("Area__c", 255),
		email("Email__c"), phone("Phone__c"), link("Url__c"),
		pick("Picklist__c", colors...).by(someColor), multi("Multi__c", "alpha", "beta", "gamma delta", "Ω", "it's"),
		boolean("Checkbox__c"), whole("Int__c", 99_999_999).by(someInt), longField(),
		number("Number__c", "double", 18, 0), number("Double__c", "double", 16, 4), number("Small__c", "double", 5, 2),
		number("Currency__c", "currency", 18, 2), number("Percent__c", "percent", 5, 2),
		date("Date__c"), datetime("DateTime__c"), clock("Time__c"),
		number("Location__Latitude__s", "double", 18, 15).part("Location__c").by(someLatitude).sparse(30),
		number("Location__Longitude__s", "double", 18, 15).part("Location__c").by(someLongitude).sparse(30),
		compound("Location__c", "location"), encryptedField(),
		number("Formula__c", "double", 18, 4).formula(formulaNumber).sparse(0),
		text("FormulaText__c", 1300).formula(formulaText).sparse(0),
		ref("Lookup__c", "Account"), ref("Self__c", "Everything__c").by(parentRecord),
	})
}

// someColor holds a value now and then that was taken off the list since.
func someColor(c *cell) any {
	if c.row%29 == 7 {
		return "retired"
	}
	return somePick(c)
}

func caseSensitiveField() Field {
	f := text("CaseSensitive__c", 40)
	f.CaseSensitive, f.Unique, f.ExternalID, f.IDLookup = true, true, true, true
	// The number's case is all that tells some of these apart.
	return f.by(func(c *cell) any {
		stem := []string{"key", "Key", "KEY", "kEY", "straße", "STRASSE", "İ", "i", "é", "É"}[c.row%10]
		return fmt.Sprintf("%s-%d", stem, c.row/10)
	})
}

func richTextField() Field {
	f := area("RichText__c", 32768).by(richText).info("richtextarea")
	f.HTMLFormatted = true
	return f
}

func encryptedField() Field {
	f := newField("Encrypted__c", "encryptedstring")
	f.Length = 175
	return f.by(someText)
}

func longField() Field { return newField("Long__c", "long").by(someLong) }

func someInt(c *cell) any {
	if c.chance(20) {
		return []int64{99_999_999, -99_999_999, 0, -1, 1}[c.below(5)]
	}
	return int64(c.below(2000)) - 1000
}

func formulaNumber(c *cell) any {
	a, b := c.real("Double__c"), c.real("Small__c")
	if math.IsNaN(a) || math.IsNaN(b) || b == -3 {
		return nil
	}
	return a/(b+3) + 0 // adding zero turns -0 into 0
}

func formulaText(c *cell) any {
	if c.text("Text__c") == "" {
		return nil
	}
	return c.text("Text__c") + " / " + c.text("Picklist__c")
}

// wideObject has 300 fields of its own, to try what does not fit into a URL.
func wideObject() *Object {
	fields := make([]Field, 0, 300)
	for n := 1; n <= 300; n++ {
		fields = append(fields, wideField(fmt.Sprintf("F%03d__c", n), n))
	}
	return newObject("Wide__c", "a01", 250, []Field{
		idField(), owner("User"), deletedFlag(), text("Name", 80).asName().by(someText),
	}, audit(), fields)
}

func wideField(name string, n int) Field {
	switch n % 15 {
	case 0:
		return ref(name, "Account")
	case 1, 2:
		return text(name, 255)
	case 3:
		return pick(name, colors...)
	case 4:
		return number(name, "double", 18, 0)
	case 5:
		return number(name, "double", 12, 4)
	case 6:
		return number(name, "currency", 18, 2)
	case 7:
		return number(name, "percent", 5, 2)
	case 8:
		return date(name)
	case 9:
		return datetime(name)
	case 10:
		return boolean(name)
	case 11:
		return area(name, []int{255, 32768}[n/15%2])
	case 12:
		return []Field{email(name), phone(name), link(name), clock(name)}[n/15%4]
	case 13:
		return multi(name, "one", "two", "three")
	}
	return text(name, 40).formula(someText)
}

func emptyObject() *Object {
	return newObject("Empty__c", "a02", 0, []Field{
		idField(), owner("User"), deletedFlag(), text("Name", 80).asName(),
	}, audit(), []Field{text("Text__c", 255), number("Number__c", "double", 18, 0), ref("Lookup__c", "Account")})
}
