package emulator

import (
	"fmt"
	"math"
	"path"
	"strings"
)

// deletedFlag is IsDeleted, which only queryAll shows as true.
func deletedFlag() Field {
	return boolean("IsDeleted").system().by(func(c *cell) any { return c.t.deleted(c.row) })
}

func head() []Field { return []Field{idField(), deletedFlag()} }

func owner(targets ...string) Field {
	f := ref("OwnerId", targets...).required()
	f.DefaultedOnCreate = true
	return f
}

// demoObjects is the schema of the emulated org.
func demoObjects() []*Object {
	return []*Object{
		accountObject(), contactObject(), leadObject(), opportunityObject(), lineItemObject(), productObject(),
		pricebookObject(), priceObject(), caseObject(), taskObject(), eventObject(), campaignObject(),
		memberObject(), orderObject(), userObject(), roleObject(), profileObject(), groupObject(),
		recordTypeObject(), historyObject(), contentObject(), organizationObject(),
		everythingObject(), wideObject(), emptyObject(),
		nameObject(), activityObject("OpenActivity"), activityObject("ActivityHistory"), changeEventObject(), permissionObject(),
	}
}

func accountObject() *Object {
	return newObject("Account", "001", 1000, head(), []Field{
		ref("MasterRecordId", "Account").readOnly().unused(),
		// Salesforce really names this field as a part of itself.
		text("Name", 255).asName().by(companyName).info("switchablepersonname").part("Name"),
		pick("Type", "Prospect", "Customer - Direct", "Customer - Channel", "Channel Partner / Reseller",
			"Installation Partner", "Technology Partner", "Other").length(40),
		ref("RecordTypeId", "RecordType").sparse(60),
		ref("ParentId", "Account").sparse(60).by(parentRecord),
	}, address("Billing"), address("Shipping"), []Field{
		phone("Phone"), phone("Fax").sparse(60),
		text("AccountNumber", 40).by(func(c *cell) any { return fmt.Sprintf("CC%06d", c.below(999999)) }),
		link("Website").sparse(30), link("PhotoUrl").readOnly().info("imageurl").sparse(80),
		text("Sic", 20).by(func(c *cell) any { return fmt.Sprint(1000 + c.below(9000)) }),
		pick("Industry", industries...).length(40),
		number("AnnualRevenue", "currency", 18, 0).by(money(1e5, 5e9)),
		whole("NumberOfEmployees", 1_000_000),
		pick("Ownership", "Public", "Private", "Subsidiary", "Other").length(40),
		text("TickerSymbol", 20).sparse(70), area("Description", 32000).sparse(40),
		pick("Rating", "Hot", "Warm", "Cold").length(40), text("Site", 80).sparse(80),
		owner("User"),
	}, audit(), activity(), []Field{
		boolean("IsPartner").readOnly().by(rarely(20)), boolean("IsCustomerPortal").readOnly().by(rarely(5)),
		text("ChannelProgramName", 255).readOnly().with("GA").sparse(90),
		pick("AccountSource", leadSources...).length(40),
	}).big()
}

func personName() []Field {
	name := text("Name", 121).asName().readOnly().by(fullName).info("personname").after("FirstName", "LastName")
	return []Field{
		text("LastName", 80).required().by(lastName).part("Name").info("personname"),
		text("FirstName", 40).by(firstName).part("Name").info("personname"),
		pick("Salutation", "Mr.", "Ms.", "Mrs.", "Dr.", "Prof.").length(40).part("Name").info("personname").sparse(50),
		name,
	}
}

func contactObject() *Object {
	return newObject("Contact", "003", 3000, head(), []Field{
		ref("MasterRecordId", "Contact").readOnly().unused(),
		ref("AccountId", "Account").sparse(8),
	}, personName(), address("Mailing"), []Field{
		phone("Phone"), phone("MobilePhone").sparse(30), phone("HomePhone").sparse(80),
		ref("ReportsToId", "Contact").sparse(70).by(parentRecord),
		email("Email"), text("Title", 128).by(plain(3, func(c *cell) string { return c.one(jobTitles) })),
		text("Department", 80).sparse(40), pick("LeadSource", leadSources...), date("Birthdate").sparse(40),
		area("Description", 32000).sparse(60), owner("User"),
	}, audit(), activity(), []Field{
		text("EmailBouncedReason", 255).sparse(95), datetime("EmailBouncedDate").sparse(95),
		boolean("IsEmailBounced").readOnly().by(rarely(5)),
		boolean("HasOptedOutOfEmail").by(rarely(10)),
	}).big()
}

func leadObject() *Object {
	return newObject("Lead", "00Q", 600, head(), personName(), []Field{
		text("Title", 128).by(plain(3, func(c *cell) string { return c.one(jobTitles) })),
		text("Company", 255).required().by(companyName),
	}, address(""), []Field{
		phone("Phone"), phone("MobilePhone").sparse(50), email("Email"), link("Website").sparse(50),
		area("Description", 32000).sparse(60), pick("LeadSource", leadSources...),
		pick("Status", "Open - Not Contacted", "Working - Contacted", "Closed - Converted", "Closed - Not Converted").required().defaulted("Open - Not Contacted"),
		pick("Industry", industries...), pick("Rating", "Hot", "Warm", "Cold"),
		number("AnnualRevenue", "currency", 18, 0).by(money(1e4, 1e8)), whole("NumberOfEmployees", 100_000),
		owner("Group", "User"), boolean("IsConverted").by(func(c *cell) any { return c.text("Status") == "Closed - Converted" }),
		date("ConvertedDate").readOnly().sparse(80),
		ref("ConvertedAccountId", "Account").readOnly().sparse(85), ref("ConvertedContactId", "Contact").readOnly().sparse(85),
	}, audit(), activity()).big()
}

func opportunityObject() *Object {
	return newObject("Opportunity", "006", 2500, head(), []Field{
		ref("AccountId", "Account").sparse(4), boolean("IsPrivate").by(rarely(3)),
		text("Name", 120).asName().by(dealName), area("Description", 32000).sparse(60),
		pick("StageName", stageNames()...).required(),
		number("Amount", "currency", 18, 2).by(money(500, 2e6)).sparse(10),
		number("Probability", "percent", 3, 0).by(func(c *cell) any { return stages[stageOf(c)].probability }).sparse(2).after("StageName"),
		number("ExpectedRevenue", "currency", 18, 2).readOnly().sparse(0).by(expectedRevenue).after("Amount", "Probability", "StageName"),
		number("TotalOpportunityQuantity", "double", 18, 2).sparse(30).by(func(c *cell) any { return float64(c.below(500)) / 2 }),
		date("CloseDate").required().by(func(c *cell) any { return day(2021, 1, 1) + int64(c.below(2200)) }),
		pick("Type", "Existing Customer - Upgrade", "Existing Customer - Replacement", "Existing Customer - Downgrade", "New Customer"),
		text("NextStep", 255).sparse(50), pick("LeadSource", leadSources...),
		boolean("IsClosed").readOnly().by(func(c *cell) any { return stages[stageOf(c)].closed }).after("StageName"),
		boolean("IsWon").readOnly().by(func(c *cell) any { return stages[stageOf(c)].won }).after("StageName"),
		pick("ForecastCategory", "Omitted", "Pipeline", "BestCase", "MostLikely", "Forecast", "Closed").
			labelled(map[string]string{"BestCase": "Best Case", "MostLikely": "Most Likely", "Forecast": "Commit"}).
			length(40).restricted().required().readOnly().by(func(c *cell) any { return stages[stageOf(c)].forecast }).after("StageName"),
		ref("CampaignId", "Campaign").sparse(60), boolean("HasOpportunityLineItem").readOnly(),
		ref("Pricebook2Id", "Pricebook2").sparse(30), owner("User"),
	}, audit(), []Field{
		date("LastActivityDate").readOnly().sparse(40),
		whole("FiscalQuarter", 5).readOnly().sparse(0).part("Fiscal").by(func(c *cell) any {
			return int64(dateOf(c.whole("CloseDate")).Month()-1)/3 + 1
		}).after("CloseDate"),
		whole("FiscalYear", 9999).readOnly().sparse(0).part("Fiscal").by(func(c *cell) any {
			return int64(dateOf(c.whole("CloseDate")).Year())
		}).after("CloseDate"),
		func() Field {
			f := ref("ContactId", "Contact").sparse(40)
			f.RelationshipName = "" // as in real orgs: no path leads to the contact
			return f
		}(),
		boolean("HasOpenActivity").readOnly().with("G"), boolean("HasOverdueTask").readOnly().with("G"),
	}).big()
}

func expectedRevenue(c *cell) any {
	amount, probability := c.real("Amount"), c.real("Probability")
	if math.IsNaN(amount) || math.IsNaN(probability) {
		return nil
	}
	return roundTo(amount*probability/100, 2)
}

func lineItemObject() *Object {
	return newObject("OpportunityLineItem", "00k", 4000, head(), []Field{
		ref("OpportunityId", "Opportunity").required(), whole("SortOrder", 100).sparse(60),
		ref("PricebookEntryId", "PricebookEntry").sparse(5), ref("Product2Id", "Product2").sparse(5),
		text("ProductCode", 255).readOnly().after("Product2Id").writtenBy(func(c *cell) any { return c.parent("Product2Id", "ProductCode") }),
		text("Name", 376).asName().readOnly().by(dealName).after("OpportunityId", "Product2Id").writtenBy(func(c *cell) any {
			return c.parent("OpportunityId", "Name") + " " + c.parent("Product2Id", "Name")
		}),
		number("Quantity", "double", 12, 2).required().by(func(c *cell) any { return float64(1 + c.below(200)) }),
		number("UnitPrice", "currency", 18, 2).by(money(5, 5000)),
		number("TotalPrice", "currency", 18, 2).by(lineTotal).after("UnitPrice", "Quantity"), number("ListPrice", "currency", 18, 2).readOnly().by(money(5, 5000)),
		number("Discount", "percent", 5, 2).sparse(70), date("ServiceDate").sparse(50),
		text("Description", 255).sparse(60),
	}, audit()).big()
}

func lineTotal(c *cell) any {
	price := c.real("UnitPrice")
	if math.IsNaN(price) {
		return nil
	}
	return roundTo(price*c.real("Quantity"), 2)
}

func productObject() *Object {
	return newObject("Product2", "01t", 40, []Field{
		idField(), text("Name", 255).asName().by(plain(10, func(c *cell) string { return c.one(products) + " " + c.one(adjectives) })),
		text("ProductCode", 255).by(func(c *cell) any { return fmt.Sprintf("P-%04d", c.below(9999)) }),
		area("Description", 4000), boolean("IsActive").by(rarely(80)),
	}, audit(), []Field{
		pick("Family", "Hardware", "Software", "Services"), deletedFlag(), boolean("IsArchived").readOnly().by(rarely(5)),
		text("StockKeepingUnit", 180).sparse(60),
	})
}

func pricebookObject() *Object {
	return newObject("Pricebook2", "01s", 3, head(), []Field{
		text("Name", 255).asName().by(func(c *cell) any { return []string{"Standard Price Book", "Partner", "partner"}[c.row%3] }),
	}, audit(), []Field{
		boolean("IsActive"), text("Description", 255), boolean("IsStandard").readOnly().by(func(c *cell) any { return c.row == 0 }),
	})
}

func priceObject() *Object {
	return newObject("PricebookEntry", "01u", 120, []Field{
		idField(), text("Name", 255).asName().readOnly().by(dealName).after("Product2Id").writtenBy(func(c *cell) any {
			return c.parent("Product2Id", "Name")
		}),
		ref("Pricebook2Id", "Pricebook2").required(), ref("Product2Id", "Product2").required(),
		number("UnitPrice", "currency", 18, 2).required().by(money(5, 5000)), boolean("IsActive"), boolean("UseStandardPrice"),
	}, audit(), []Field{
		text("ProductCode", 255).readOnly().after("Product2Id").writtenBy(func(c *cell) any { return c.parent("Product2Id", "ProductCode") }),
		deletedFlag(),
	})
}

func caseObject() *Object {
	return newObject("Case", "500", 1500, head(), []Field{
		ref("MasterRecordId", "Case").readOnly().unused(),
		serial("CaseNumber", 1000),
		ref("ContactId", "Contact").sparse(20), ref("AccountId", "Account").sparse(10), ref("ParentId", "Case").sparse(90).by(parentRecord),
		text("SuppliedName", 80).sparse(70), email("SuppliedEmail").sparse(60),
		pick("Type", "Mechanical", "Electrical", "Electronic", "Structural", "Other"),
		pick("Status", "New", "Working", "Escalated", "Closed").required().defaulted("New"),
		pick("Reason", "Installation", "Equipment Complexity", "Performance", "Breakdown", "Equipment Design", "Feedback", "Other"),
		pick("Origin", "Phone", "Email", "Web"),
		text("Subject", 255).by(plain(5, func(c *cell) string { return c.one(problems) })),
		pick("Priority", "High", "Medium", "Low"), area("Description", 32000).sparse(30),
		boolean("IsClosed").readOnly().by(func(c *cell) any { return c.text("Status") == "Closed" }).after("Status"),
		datetime("ClosedDate").readOnly().sparse(70).after("Status").writtenBy(func(c *cell) any {
			if c.text("Status") != "Closed" {
				return nil
			}
			return c.whole("LastModifiedDate")
		}), boolean("IsEscalated").by(rarely(5)), owner("Group", "User"),
	}, audit(), []Field{area("Comments", 4000).sparse(90)}).big()
}

func taskObject() *Object {
	return newObject("Task", "00T", 3000, []Field{
		idField(), ref("WhoId", "Contact", "Lead").sparse(30), ref("WhatId", "Account", "Opportunity", "Case", "Campaign").sparse(20),
		func() Field {
			f := newField("Subject", "combobox")
			f.Length, f.Picklist, f.NameField = 255, subjects[:5], true
			return f.by(plain(5, func(c *cell) string { return c.one(subjects) })).sparse(5)
		}(),
		date("ActivityDate").sparse(20),
		pick("Status", "Not Started", "In Progress", "Completed", "Waiting on someone else", "Deferred").required().defaulted("Not Started"),
		pick("Priority", "High", "Normal", "Low").required().defaulted("Normal"), boolean("IsHighPriority").readOnly(),
		owner("Group", "User"), area("Description", 32000).sparse(70), deletedFlag(), ref("AccountId", "Account").readOnly().sparse(20),
		boolean("IsClosed").readOnly().by(func(c *cell) any { return c.text("Status") == "Completed" }).after("Status"),
	}, audit(), []Field{
		whole("CallDurationInSeconds", 7200).sparse(80), boolean("IsArchived").readOnly().by(rarely(0)),
		boolean("IsReminderSet"), datetime("ReminderDateTime").sparse(80),
		pick("TaskSubtype", "Task", "Email", "Call").length(40),
	}).big()
}

func eventObject() *Object {
	return newObject("Event", "00U", 500, []Field{
		idField(), ref("WhoId", "Contact", "Lead").sparse(30), ref("WhatId", "Account", "Opportunity", "Case", "Campaign").sparse(20),
		func() Field {
			f := newField("Subject", "combobox")
			f.Length, f.Picklist, f.NameField = 255, subjects[:5], true
			return f.by(plain(5, func(c *cell) string { return c.one(subjects) })).sparse(5)
		}(),
		text("Location", 255).sparse(40), boolean("IsAllDayEvent").by(rarely(10)),
		datetime("ActivityDateTime").sparse(10), date("ActivityDate").sparse(10), whole("DurationInMinutes", 1000),
		datetime("StartDateTime"), datetime("EndDateTime"), area("Description", 32000).sparse(60),
		ref("AccountId", "Account").readOnly().sparse(30), owner("User"), boolean("IsPrivate").by(rarely(5)),
		pick("ShowAs", "Busy", "OutOfOffice", "Free").length(40), deletedFlag(),
	}, audit()).big()
}

func campaignObject() *Object {
	return newObject("Campaign", "701", 20, head(), []Field{
		text("Name", 80).asName().by(plain(10, func(c *cell) string { return c.one(adjectives) + " " + c.one(products) + " Launch" })),
		ref("ParentId", "Campaign").sparse(60).by(parentRecord),
		pick("Type", "Conference", "Webinar", "Trade Show", "Partners", "Advertisement", "Email", "Other"),
		pick("Status", "Planned", "In Progress", "Completed", "Aborted"),
		date("StartDate"), date("EndDate"), number("ExpectedRevenue", "currency", 18, 0).by(money(1e4, 1e6)), number("BudgetedCost", "currency", 18, 0).by(money(1e3, 1e5)),
		number("ExpectedResponse", "percent", 10, 2), boolean("IsActive"), area("Description", 32000),
		whole("NumberOfLeads", 1000).readOnly(), number("NumberSent", "double", 18, 0), owner("User"),
	}, audit())
}

func memberObject() *Object {
	return newObject("CampaignMember", "00v", 800, head(), []Field{
		ref("CampaignId", "Campaign").required(), ref("LeadId", "Lead").sparse(50), ref("ContactId", "Contact").sparse(30),
		pick("Status", "Planned", "Received", "Responded", "Sent").sparse(5), boolean("HasResponded").readOnly(),
		date("FirstRespondedDate").readOnly().sparse(60),
	}, audit(), []Field{
		text("Name", 255).asName().readOnly().by(lastName).after("ContactId", "LeadId").writtenBy(func(c *cell) any {
			if name := c.parent("ContactId", "LastName"); name != "" {
				return name
			}
			return c.parent("LeadId", "LastName")
		}),
		text("City", 40).readOnly().by(someCity),
	}).big()
}

func orderObject() *Object {
	return newObject("Order", "801", 200, head(), []Field{
		owner("Group", "User"), ref("AccountId", "Account"), ref("Pricebook2Id", "Pricebook2"),
		date("EffectiveDate").required(), date("EndDate"), pick("Status", "Draft", "Activated").required(),
		area("Description", 32000), pick("Type", "New", "Renewal").length(40),
	}, address("Billing"), []Field{
		serial("OrderNumber", 100),
		number("TotalAmount", "currency", 18, 2).readOnly().by(money(100, 1e5)), text("OrderReferenceNumber", 80).sparse(50),
	}, audit()).big()
}

func userObject() *Object {
	return newObject("User", "005", 30, []Field{
		idField(), text("Username", 80).required().by(func(c *cell) any {
			if c.row == 0 {
				return runningUsername
			}
			return fmt.Sprintf("user%d@example.com", c.row)
		}),
	}, personName(), []Field{
		text("CompanyName", 80), text("Division", 80), text("Department", 80), text("Title", 80),
	}, address(""), []Field{
		email("Email").required(), phone("Phone"), text("Alias", 8).required().by(func(c *cell) any { return fmt.Sprintf("usr%d", c.row) }),
		boolean("IsActive").by(func(c *cell) any { return c.row == 0 || c.chance(85) }),
		pick("TimeZoneSidKey", "GMT", "America/Los_Angeles", "Europe/Berlin", "Asia/Tokyo").length(40).restricted().required(),
		ref("UserRoleId", "UserRole").sparse(20),
		pick("LocaleSidKey", "en_US", "de_DE", "tr_TR", "ja_JP").length(40).restricted().required(),
		ref("ProfileId", "Profile").required(),
		pick("UserType", "Standard", "PowerPartner", "CSPLitePortal", "Guest").length(40).restricted().readOnly().sparse(0),
		pick("LanguageLocaleKey", "en_US", "de", "tr", "ja").length(40).restricted().required(),
		ref("ManagerId", "User").sparse(40).by(parentRecord), datetime("LastLoginDate").readOnly().sparse(20),
	}, audit())
}

func roleObject() *Object {
	return newObject("UserRole", "00E", 8, []Field{
		idField(), text("Name", 80).asName().by(func(c *cell) any {
			return []string{"CEO", "VP Sales", "VP Support", "Sales East", "Sales West", "sales west", "Support", "Marketing"}[c.row%8]
		}),
		ref("ParentRoleId", "UserRole").sparse(10).by(parentRecord), text("RollupDescription", 80),
	}, audit())
}

func profileObject() *Object {
	return newObject("Profile", "00e", 5, []Field{
		idField(), text("Name", 255).asName().by(func(c *cell) any {
			return []string{"System Administrator", "Standard User", "Read Only", "Marketing User", "Guest"}[c.row%5]
		}),
		boolean("PermissionsEditTask").with("F"), boolean("PermissionsApiEnabled").with("F"),
		pick("UserType", "Standard", "PowerPartner", "Guest").length(40), area("Description", 255),
	}, audit())
}

func groupObject() *Object {
	return newObject("Group", "00G", 12, []Field{
		idField(), text("Name", 40).asName().by(plain(10, func(c *cell) string { return c.one(adjectives) + " Queue" })),
		text("DeveloperName", 80).by(func(c *cell) any { return fmt.Sprintf("Group_%d", c.row) }),
		pick("Type", "Regular", "Role", "Queue", "Organization").length(40).required(), email("Email"), owner("Organization", "User"),
		boolean("DoesSendEmailToMembers"),
	}, audit())
}

func recordTypeObject() *Object {
	return newObject("RecordType", "012", 6, []Field{
		idField(), text("Name", 80).asName().by(func(c *cell) any {
			return []string{"Business", "Household", "Partner", "Support", "Internal", "Archive"}[c.row%6]
		}),
		text("DeveloperName", 80).required().by(func(c *cell) any { return c.text("Name") }),
		text("NamespacePrefix", 15).sparse(100), text("Description", 255),
		pick("SobjectType", "Account", "Case", "Opportunity").length(40).restricted().required(), boolean("IsActive"),
	}, audit())
}

func historyObject() *Object {
	anyValue := func(name string) Field {
		f := newField(name, "anyType").readOnly()
		f.Length = 255
		return f.by(someAny).sparse(10).with("S")
	}
	return newObject("AccountHistory", "017", 500, []Field{
		idField(), deletedFlag(), ref("AccountId", "Account").required(),
		ref("CreatedById", "User").system(), datetime("CreatedDate").system().by(createdDate),
		pick("Field", "Name", "Owner", "Rating", "created", "AnnualRevenue", "TextDescription").required().restricted(),
		pick("DataType", "Text", "Boolean", "Currency", "EntityId").length(40).sparse(0),
		anyValue("OldValue"), anyValue("NewValue"),
	}).of("Account", "History").big()
}

func contentObject() *Object {
	data := newField("VersionData", "base64")
	data.Nillable = false
	return newObject("ContentVersion", "068", 25, []Field{
		idField(), boolean("IsLatest").readOnly().after("VersionData").writtenBy(func(*cell) any { return true }), link("ContentUrl"),
		text("VersionNumber", 20).readOnly().by(func(c *cell) any { return fmt.Sprint(1 + c.below(5)) }).
			after("VersionData").writtenBy(func(*cell) any { return "1" }),
		text("Title", 255).asName().by(someText), area("Description", 1000), text("PathOnClient", 500),
		pick("FileType", "PDF", "TEXT", "PNG", "ZIP").length(20).readOnly(), data,
		whole("ContentSize", 1_000_000).readOnly().after("VersionData").writtenBy(func(c *cell) any {
			place, _ := c.t.obj.field("VersionData")
			data, _ := c.over(place).([]byte)
			return int64(len(data))
		}),
		text("FileExtension", 40).readOnly().after("PathOnClient").writtenBy(func(c *cell) any {
			return strings.TrimPrefix(path.Ext(c.text("PathOnClient")), ".")
		}),
	}, audit(), []Field{deletedFlag(), owner("User")})
}

func organizationObject() *Object {
	fixed := func(s string) makeFunc { return func(*cell) any { return s } }
	return newObject("Organization", "00D", 1, []Field{
		idField(), text("Name", 80).asName().by(fixed("Example Org")),
	}, address(""), []Field{
		pick("LanguageLocaleKey", "en_US").required(), pick("OrganizationType", "Developer Edition").sparse(0),
		whole("FiscalYearStartMonth", 12).readOnly().by(func(*cell) any { return int64(1) }),
		boolean("IsSandbox").by(rarely(0)), text("InstanceName", 5).by(fixed("EMU1")).sparse(0),
		text("NamespacePrefix", 15).unused(), datetime("TrialExpirationDate").unused(),
	}, audit())
}

// permissionObject tells what the running user may do, in one record.
func permissionObject() *Object {
	may := func(name string) Field {
		return boolean(name).system().with("F").by(func(*cell) any { return true })
	}
	return newObject("UserPermissionAccess", "0UP", 1, []Field{
		idField(), datetime("LastCacheUpdate").system().by(createdDate).with("FS"),
		may("PermissionsApiEnabled"), may("PermissionsViewSetup"), may("PermissionsModifyAllData"), may("PermissionsViewAllData"),
	})
}

// nameObject is the sObject behind lookups to several objects, which a query
// can reach by path only.
func nameObject() *Object {
	return newObject("Name", "", 0, []Field{
		idField(), text("Name", 255).asName(), text("LastName", 80), text("FirstName", 40), pick("Type", "Account", "User"),
		text("Alias", 8), email("Email"), phone("Phone"), text("Title", 128), boolean("IsActive"),
	}).hidden()
}

func activityObject(name string) *Object {
	return newObject(name, "", 0, head(), []Field{
		ref("AccountId", "Account"), text("Subject", 80), date("ActivityDate"), area("Description", 32000),
	}).hidden()
}

func changeEventObject() *Object {
	return newObject("AccountChangeEvent", "", 0, []Field{idField(), text("Name", 255)}).
		of("Account", "ChangeEvent").hidden()
}
