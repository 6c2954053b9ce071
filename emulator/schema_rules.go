package emulator

import "fmt"

// ruledObjects are the objects that cannot be read without further ado: each
// has a rule that a statement must keep. They are part of the org only where
// WithRestrictedObjects asks for them.
func ruledObjects() []*Object {
	return []*Object{
		documentObject(), documentLinkObject(), folderItemObject("ContentFolderItem", "07H"), folderItemObject("ContentFolderMember", "07I"),
		voteObject("Vote", "083"), voteObject("IdeaComment", "00a"),
		entityDefinitionObject(), fieldDefinitionObject("FieldDefinition"), fieldDefinitionObject("EntityParticle"), picklistInfoObject(),
		reifiedObject("RelationshipInfo", "4r1"), reifiedObject("RelationshipDomain", "4r2"), reifiedObject("SearchLayout", "4r3"),
		reifiedObject("UserEntityAccess", "4r4"), reifiedObject("UserFieldAccess", "4r5"), reifiedObject("OwnerChangeOptionInfo", "4r6"),
		recordAccessObject(), metadataObject(), articleObject(), bigLogObject(), externalObject(),
		newObject("AggregateResult", "", 0, []Field{idField()}).hidden(),
	}
}

func (o *Object) ruled(r rule) *Object { o.rule = r; return o }

func documentObject() *Object {
	return newObject("ContentDocument", "069", 12, head(), []Field{
		text("Title", 255).asName().by(dealName), text("FileExtension", 40), whole("ContentSize", 1_000_000), owner("User"),
	}, audit())
}

func documentLinkObject() *Object {
	return newObject("ContentDocumentLink", "06A", 60, head(), []Field{
		ref("LinkedEntityId", "Account", "Contact", "Opportunity", "Case", "User").required(), ref("ContentDocumentId", "ContentDocument").required(),
		datetime("SystemModstamp").system().by(createdDate),
		pick("ShareType", "V", "C", "I").length(40).sparse(0), pick("Visibility", "AllUsers", "InternalUsers").length(40).sparse(0),
	}).ruled(needs("Implementation restriction: ContentDocumentLink requires a filter by a single Id on ContentDocumentId or "+
		"LinkedEntityId using the equals operator or multiple Id's using the IN operator.", "Id", "ContentDocumentId", "LinkedEntityId"))
}

func folderItemObject(name, prefix string) *Object {
	return newObject(name, prefix, 20, []Field{
		idField(), text("Title", 255).asName().by(dealName), ref("ParentContentFolderId", "ContentDocument"), boolean("IsFolder"),
	}, audit()).ruled(needs("Implementation restriction: "+name+" requires a filter by a single Id or ParentContentFolderId "+
		"using the equals operator", "Id", "ParentContentFolderId"))
}

func voteObject(name, prefix string) *Object {
	return newObject(name, prefix, 40, head(), []Field{
		ref("ParentId", "Account", "Case").required(), pick("Type", "Up", "Down").length(40).sparse(0),
		ref("CreatedById", "User").system(), datetime("CreatedDate").system().by(createdDate),
	}).ruled(needs("Implementation restriction: "+name+" requires a filter by ParentId, Parent.Type or Id", "Id", "ParentId", "Parent.Type"))
}

// objectOf is the object that a row of the schema's own objects describes.
func objectOf(c *cell) *Object {
	known := []*Object{}
	for _, o := range c.t.org.objects {
		if o.Queryable && o.rule == nil {
			known = append(known, o)
		}
	}
	return known[c.row%len(known)]
}

func entityDefinitionObject() *Object {
	name := func(c *cell) any { return objectOf(c).Name }
	return newObject("EntityDefinition", "4ie", 20, []Field{
		idField(), text("DurableId", 255).by(name).sparse(0), text("QualifiedApiName", 255).by(name).sparse(0),
		text("Label", 255).asName().by(func(c *cell) any { return objectOf(c).Label }),
		text("KeyPrefix", 3).by(func(c *cell) any { return objectOf(c).KeyPrefix }).sparse(0),
	})
}

// fieldDefinitionObject holds a few fields of each object.
func fieldDefinitionObject(name string) *Object {
	field := func(c *cell) *Field { fields := objectOf(c).Fields; return &fields[c.row/20%len(fields)] }
	return newObject(name, "4if", 200, []Field{
		idField(), text("DurableId", 255).sparse(0).by(func(c *cell) any { return objectOf(c).Name + "." + field(c).Name }),
		text("EntityDefinitionId", 255).sparse(0).by(func(c *cell) any { return objectOf(c).Name }),
		text("QualifiedApiName", 255).sparse(0).by(func(c *cell) any { return field(c).Name }),
		text("Label", 255).asName().by(func(c *cell) any { return field(c).Label }),
		text("DataType", 255).sparse(0).by(func(c *cell) any { return field(c).Type }),
	}).ruled(reified(name, "EntityDefinitionId", "DurableId"))
}

// reifiedObject is an object of the schema of which little is known here but
// its rule.
func reifiedObject(name, prefix string) *Object {
	return newObject(name, prefix, 20, []Field{
		idField(), text("DurableId", 255).sparse(0).by(func(c *cell) any { return fmt.Sprintf("%s.%d", objectOf(c).Name, c.row) }),
		text("EntityDefinitionId", 255).sparse(0).by(func(c *cell) any { return objectOf(c).Name }),
	}).ruled(reified(name, "EntityDefinitionId", "DurableId"))
}

func picklistInfoObject() *Object {
	return newObject("PicklistValueInfo", "4pv", 14, []Field{
		idField(), text("DurableId", 255).sparse(0).by(func(c *cell) any { return fmt.Sprintf("Account.Industry.%d", c.row) }),
		text("EntityParticleId", 255).sparse(0).by(func(*cell) any { return "Account.Industry" }),
		text("Value", 255).sparse(0).by(func(c *cell) any { return industries[c.row%len(industries)] }),
	}).ruled(reified("PicklistValueInfo", "DurableId", "EntityParticleId"))
}

func recordAccessObject() *Object {
	return newObject("UserRecordAccess", "0Ud", 400, []Field{
		idField(), ref("UserId", "User").required().by(func(c *cell) any { return c.recordAt("User", 0) }),
		ref("RecordId", "Account", "Contact").required().by(func(c *cell) any { return c.recordAt("Account", c.row) }),
		boolean("HasReadAccess").by(func(*cell) any { return true }), boolean("HasEditAccess").by(func(*cell) any { return true }),
		pick("MaxAccessLevel", "None", "Read", "Edit", "Delete", "Transfer", "All").sparse(0),
	}).ruled(accessRule)
}

func (c *cell) recordAt(object string, row int) any {
	o, ok := c.t.org.object(object)
	if !ok || c.t.org.table(o).size == 0 {
		return nil
	}
	return makeRecordID(o.index, row%c.t.org.table(o).size)
}

func metadataObject() *Object {
	return newObject("Setting__mdt", "m00", 15, []Field{
		idField(), text("DeveloperName", 40).sparse(0).by(func(c *cell) any { return fmt.Sprintf("Setting_%d", c.row) }),
		text("MasterLabel", 40).asName().by(func(c *cell) any { return fmt.Sprintf("Setting %d", c.row) }),
		text("NamespacePrefix", 15).unused(), text("Value__c", 255), number("Weight__c", "double", 5, 0), ref("Owner__c", "User"),
	}).ruled(metadataRule)
}

func articleObject() *Object {
	return newObject("Knowledge__kav", "ka0", 10, head(), []Field{
		text("Title", 255).asName().by(dealName), text("UrlName", 255), pick("PublishStatus", "Draft", "Online", "Archived").length(40).sparse(0),
		pick("Language", "en_US", "de").length(40).sparse(0), owner("User"),
	}, audit())
}

func bigLogObject() *Object {
	return newObject("Log__b", "b00", 300, []Field{
		idField(), ref("Account__c", "Account").required(), datetime("At__c").required(), text("Kind__c", 40).required(), text("Message__c", 255),
		datetime("CreatedDate").system().by(createdDate),
	}).ruled(bigObject("Account__c", "At__c", "Kind__c"))
}

func externalObject() *Object {
	return newObject("Part__x", "x00", 50, []Field{
		idField(), text("ExternalId", 255).asName().by(func(c *cell) any { return fmt.Sprintf("part-%d", c.row) }),
		link("DisplayUrl"), text("Description__c", 255), number("Price__c", "double", 16, 2), multi("Tags__c", "a", "b"),
		ref("Account__c", "Account"),
	}).ruled(externalRule)
}
