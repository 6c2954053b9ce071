package emulator

import "fmt"

// nastyTexts are texts that break careless code: pairs that are equal without
// regard to case in one alphabet or another, what quoting and LIKE care about,
// text that looks like another type, other scripts.
var nastyTexts = []string{
	"straße", "STRASSE", "strasse", "İstanbul", "istanbul", "ISTANBUL", "ıstanbul", "ﬀord", "FFORD",
	"É", "é", "e\u0301", "Ångström", "ångström", "ÅNGSTRÖM", "ΣΊΣΥΦΟΣ", "σίσυφος", "Ω", "ω", "Ж", "ж",
	"K", "\u212a", "k", "ſ", "S", "s", "µ", "Μ", "naïve", "NAÏVE", "ǆ", "ǅ", "Ǆ",
	"O'Brien", "o'brien", "O''Brien", "it's \"quoted\"", "'", "\"", "back\\slash", "\\", "\\n", "c:\\temp\\new",
	"100%", "%", "50% off", "under_score", "_", "a_b", "aXb", "a%b", "[a-z]", "*", "a*b?c", "abc", "ABC", "aBc",
	"emoji 😀 here", "😀", "👩‍👩‍👧‍👦", "a😀b", "𝒳", "line\nbreak", "carriage\r\nreturn", "tab\tstop", "two  spaces",
	"日本語", "中文字符", "한국어", "Привет", "привет", "ПРИВЕТ", "שלום", "مرحبا", "ไทย",
	"42", "042", "42.0", "4.2E1", "-1", "0", "007", "1e3", "0x10", "true", "false", "null", "NULL", "None", "NaN",
	"2024-01-31", "2024-01-31T10:15:00.000Z", "2024-02-30", "10:15:00", "TODAY",
	"001Kj0000004Gtc", "001Kj0000004GTC", "001Kj0000004GtcAAA", "AND", "SELECT", "' OR 1=1 --", "a;b", "b;a", "a,b",
	"{\"json\": true}", "<b>bold</b>", "&amp;", "http://example.com/?a=1&b=%20", "\u00a0nbsp inside\u00a0x",
	"zero\u200bwidth", "\u202eright to left", "trailing dot.", "#N/A", "=1+1", "-", "~", "@", "^", "`tick`",
	"Zebra", "zebra", "apple", "Apple", "APPLE", "äpfel", "Äpfel", "ÄPFEL", "zz", "ZZ", "aa", "AA", "Aa",
}

var (
	companyWords = []string{
		"Acme", "Northwind", "Globex", "Initech", "Umbra", "Stellar", "Blue Harbor", "Granite", "Cedar", "Pioneer",
		"Summit", "Redwood", "Silverline", "Quantum", "Orchard", "Lakeside", "Ironwood", "Falcon", "Meridian", "Beacon",
		"Crescent", "Evergreen", "Horizon", "Keystone", "Maple", "Nimbus", "Oakridge", "Phoenix", "Riverbend", "Sterling",
	}
	companyKinds = []string{
		"Industries", "Logistics", "Foods", "Energy", "Software", "Partners", "Holdings", "Labs", "Media", "Motors",
		"Textiles", "Pharma", "Systems", "Capital", "Works", "Supply", "Networks", "Robotics",
	}
	companyForms = []string{"Inc.", "Ltd", "GmbH", "LLC", "& Co.", "S.A.", "AB", "PLC"}
	adjectives   = []string{
		"quick", "Bright", "silent", "Annual", "regional", "Urgent", "blue", "Final", "open", "Early", "late", "Global",
	}
	shortWords = []string{
		"review", "Plan", "contract", "Order", "sample", "Budget", "proposal", "Note", "delivery", "Audit", "upgrade",
		"Renewal", "pilot", "Draft", "rollout", "Training", "x", "A",
	}
	sentences = []string{
		"The customer asked for a quote by the end of the month.", "Shipping was delayed; nobody complained.",
		"They said \"call again in spring\".", "See the notes from last year's visit.", "Preis pro Stück: 12,50 €.",
		"Le contrat est signé.", "Требуется ответ.", "お見積もりをお願いします。", "No further action.", "Growth of 12% expected.",
	}
	firstNames = []string{
		"Ada", "Grace", "Alan", "Edsger", "Barbara", "Donald", "Frances", "Ken", "Radia", "Dennis", "Mary", "John", "Lena",
		"Omar", "Yuki", "Chen", "Zoë", "René", "Søren", "Łukasz", "İpek", "Ana María", "Seán", "Noor", "Priya", "Kofi",
	}
	lastNames = []string{
		"Lovelace", "Hopper", "Turing", "Dijkstra", "Liskov", "Knuth", "Allen", "Thompson", "Perlman", "Ritchie", "Smith",
		"O'Neil", "D'Angelo", "van der Berg", "García", "Müller", "Nowak", "Yılmaz", "Tanaka", "Wang", "Okafor", "Åberg",
	}
	jobTitles = []string{
		"CEO", "CFO", "VP Sales", "Buyer", "Engineer", "Office Manager", "Head of IT", "Director, Operations", "Analyst", "Intern",
	}
	domains   = []string{"example.com", "example.org", "acme.example", "mail.example.net", "shop.example"}
	streets   = []string{"Main St", "Oak Avenue", "Hauptstraße", "Rue de l'Église", "Kärntner Ring", "High Street", "Broadway"}
	cities    = []string{"San Francisco", "New York", "London", "Berlin", "Paris", "Tokyo", "São Paulo", "Zürich", "Kraków", "Oslo", "Austin"}
	states    = []string{"CA", "NY", "TX", "WA", "Bayern", "Île-de-France", "ON"}
	countries = []string{"USA", "United Kingdom", "Germany", "France", "Japan", "Brazil", "Switzerland", "Poland"}
	products  = []string{"Router", "Switch", "Sensor", "Gateway", "License", "Support Plan", "Battery", "Cable", "Rack", "Camera"}
	subjects  = []string{"Call", "Email", "Send Letter", "Send Quote", "Other", "Meeting", "call", "Follow-up: 100% done?"}
	problems  = []string{
		"Screen stays dark", "Cannot log in", "Invoice is wrong", "Delivery late", "Feature request", "Crash on start",
		"Password reset", "Battery drains overnight", "Noise from the fan",
	}
	industries = []string{
		"Agriculture", "Apparel", "Banking", "Biotechnology", "Chemicals", "Communications", "Construction", "Consulting",
		"Education", "Electronics", "Energy", "Engineering", "Entertainment", "Finance", "Food & Beverage", "Government",
		"Healthcare", "Hospitality", "Insurance", "Machinery", "Manufacturing", "Media", "Not For Profit", "Recreation",
		"Retail", "Shipping", "Technology", "Telecommunications", "Transportation", "Utilities", "Other",
	}
	leadSources = []string{"Web", "Phone Inquiry", "Partner Referral", "Purchased List", "Other"}
)

// stages are the sales stages with what each implies.
var stages = []struct {
	name        string
	probability float64
	closed, won bool
	forecast    string
}{
	{"Prospecting", 10, false, false, "Pipeline"},
	{"Qualification", 10, false, false, "Pipeline"},
	{"Needs Analysis", 20, false, false, "Pipeline"},
	{"Value Proposition", 50, false, false, "Pipeline"},
	{"Id. Decision Makers", 60, false, false, "Pipeline"},
	{"Perception Analysis", 70, false, false, "BestCase"},
	{"Proposal/Price Quote", 75, false, false, "BestCase"},
	{"Negotiation/Review", 90, false, false, "Forecast"},
	{"Closed Won", 100, true, true, "Closed"},
	{"Closed Lost", 0, true, false, "Omitted"},
}

func stageNames() []string {
	names := make([]string, len(stages))
	for i := range stages {
		names[i] = stages[i].name
	}
	return names
}

// stageOf returns the place of the row's stage.
func stageOf(c *cell) int {
	name := c.text("StageName")
	for i := range stages {
		if stages[i].name == name {
			return i
		}
	}
	return 0
}

var companyName = plain(4, func(c *cell) string {
	name := c.one(companyWords) + " " + c.one(companyKinds)
	if c.chance(50) {
		name += " " + c.one(companyForms)
	}
	return name
})

var (
	firstName = plain(2, func(c *cell) string { return c.one(firstNames) })
	lastName  = plain(2, func(c *cell) string { return c.one(lastNames) })
)

// fullName joins the parts of a person's name.
func fullName(c *cell) any {
	if first := c.text("FirstName"); first != "" {
		return first + " " + c.text("LastName")
	}
	return c.text("LastName")
}

var (
	someStreet  = plain(3, func(c *cell) string { return fmt.Sprint(1+c.below(999), " ", c.one(streets)) })
	someCity    = plain(3, func(c *cell) string { return c.one(cities) })
	someState   = plain(1, func(c *cell) string { return c.one(states) })
	someCountry = plain(1, func(c *cell) string { return c.one(countries) })
)

func somePostalCode(c *cell) any { return fmt.Sprintf("%05d", c.below(100000)) }
func someLatitude(c *cell) any   { return roundTo(float64(c.below(180_000_000)-90_000_000)/1e6, 6) }
func someLongitude(c *cell) any  { return roundTo(float64(c.below(360_000_000)-180_000_000)/1e6, 6) }

var dealName = plain(3, func(c *cell) string {
	return c.one(companyWords) + " - " + c.one(adjectives) + " " + c.one(shortWords)
})
