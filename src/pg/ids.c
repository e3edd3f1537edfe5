/*
 * ids.c
 *		User and item ids: types, conversions, comparison, and sorted tables.
 *
 * The builder of tables is in id_builder.c.
 */
#include "postgres.h"

#include <limits.h>

#include "access/htup_details.h"
#include "catalog/pg_enum.h"
#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/syscache.h"
#include "utils/uuid.h"

#include "recal_compat.h"
#include "recal_ids.h"

/*
 * Labels of enum values. A syscache lookup for each of millions of rows would
 * cost more than everything else that happens to a row.
 */
typedef struct EnumLabel
{
	Oid			value;
	char		status;
	uint8		len;			/* labels are shorter than NAMEDATALEN */
	char	   *label;
} EnumLabel;

#define SH_PREFIX enumlabel
#define SH_ELEMENT_TYPE EnumLabel
#define SH_KEY_TYPE Oid
#define SH_KEY value
#define SH_HASH_KEY(tb, key) ((key) * 0x9E3779B1U)
#define SH_EQUAL(tb, a, b) ((a) == (b))
#define SH_SCOPE static inline
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

static MemoryContext enum_context = NULL;
static enumlabel_hash *enum_labels = NULL;
static bool enum_labels_valid = false;

/* A label was renamed or dropped: only note it, lookups may be under way. */
static void
InvalidateEnumLabels(Datum arg, int cacheid, uint32 hashvalue)
{
	enum_labels_valid = false;
}

static void
ResetEnumLabels(void)
{
	if (enum_context == NULL)
	{
		MemoryContext context = AllocSetContextCreate(TopMemoryContext, "recal enum labels",
													  ALLOCSET_SMALL_SIZES);

		CacheRegisterSyscacheCallback(ENUMOID, InvalidateEnumLabels, (Datum) 0);
		enum_context = context;
	}
	enum_labels = NULL;
	MemoryContextReset(enum_context);
	enum_labels = enumlabel_create(enum_context, 64, NULL);
	enum_labels_valid = true;
}

static const EnumLabel *
LookupEnumLabel(Oid value)
{
	EnumLabel  *entry;
	HeapTuple	tuple;
	Form_pg_enum form;
	char	   *label;
	bool		found;

	if (!enum_labels_valid)
		ResetEnumLabels();
	entry = enumlabel_lookup(enum_labels, value);
	if (entry != NULL)
		return entry;

	tuple = SearchSysCache1(ENUMOID, ObjectIdGetDatum(value));
	if (!HeapTupleIsValid(tuple))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
				 errmsg("invalid internal value for enum: %u", value)));
	/* the lookup may have processed an invalidation: fill what is valid now */
	if (!enum_labels_valid)
		ResetEnumLabels();
	form = (Form_pg_enum) GETSTRUCT(tuple);
	label = MemoryContextStrdup(enum_context, NameStr(form->enumlabel));
	entry = enumlabel_insert(enum_labels, value, &found);
	entry->label = label;
	entry->len = (uint8) strlen(label);
	ReleaseSysCache(tuple);
	return entry;
}

bool
RecalIdTypeOf(Oid type, int32 typmod, RecalIdType *result)
{
	result->type = type;
	result->typmod = typmod;
	result->base = getBaseTypeAndTypmod(type, &result->typmod);

	switch (result->base)
	{
		case INT2OID:
		case INT4OID:
		case INT8OID:
			result->kind = RECAL_ID_INT;
			return true;
		case UUIDOID:
			result->kind = RECAL_ID_UUID;
			return true;
		case TEXTOID:
		case VARCHAROID:
			result->kind = RECAL_ID_TEXT;
			return true;
		default:
			result->kind = RECAL_ID_TEXT;
			return type_is_enum(result->base);
	}
}

static RecalId
TextId(const char *data, int32 len)
{
	RecalId		id = {.kind = RECAL_ID_TEXT};

	id.data = data;
	id.len = len;
	return id;
}

static RecalId
IntegerId(int64 integer)
{
	RecalId		id = {.kind = RECAL_ID_INT};

	id.integer = integer;
	return id;
}

static RecalId
UuidId(Datum value)
{
	RecalId		id = {.kind = RECAL_ID_UUID};

	id.data = (const char *) DatumGetUUIDP(value)->data;
	id.len = UUID_LEN;
	return id;
}

RecalId
RecalIdFromDatum(Datum value, const RecalIdType *type)
{
	switch (type->base)
	{
		case INT8OID:
			return IntegerId(DatumGetInt64(value));
		case INT4OID:
			return IntegerId(DatumGetInt32(value));
		case INT2OID:
			return IntegerId(DatumGetInt16(value));
		case UUIDOID:
			return UuidId(value);
		case TEXTOID:
		case VARCHAROID:
			{
				text	   *string = DatumGetTextPP(value);

				return TextId(VARDATA_ANY(string), VARSIZE_ANY_EXHDR(string));
			}
		default:
			{
				/* a copy: the cache may be reset while the caller holds the id */
				const EnumLabel *label = LookupEnumLabel(DatumGetObjectId(value));
				char	   *copy = palloc(label->len + 1);

				memcpy(copy, label->label, label->len + 1);
				return TextId(copy, label->len);
			}
	}
}

/*
 * An id written as text, of the column's kind. Integers are read as bigint
 * whatever the column's width: too large a number is an unknown id, no error.
 */
static RecalId
IdFromCString(char *string, const RecalIdType *column)
{
	switch (column->kind)
	{
		case RECAL_ID_INT:
			return IntegerId(DatumGetInt64(DirectFunctionCall1(int8in, CStringGetDatum(string))));
		case RECAL_ID_UUID:
			return UuidId(DirectFunctionCall1(uuid_in, CStringGetDatum(string)));
		case RECAL_ID_TEXT:
			break;
	}
	return TextId(string, strlen(string));
}

RecalId
RecalIdFromArgument(Datum value, Oid argtype, const RecalIdType *column, const char *what)
{
	RecalIdType type;
	bool		usable;

	if (argtype == UNKNOWNOID)
		return IdFromCString(DatumGetCString(value), column);

	usable = RecalIdTypeOf(argtype, -1, &type);
	if (usable && type.kind == column->kind)
		return RecalIdFromDatum(value, &type);
	if (usable && (type.base == TEXTOID || type.base == VARCHAROID))
		return IdFromCString(TextDatumGetCString(value), column);

	ereport(ERROR,
			(errcode(ERRCODE_DATATYPE_MISMATCH),
			 errmsg("%s is of type %s, but the model's column is of type %s",
					what, format_type_be(argtype), format_type_be(column->type)),
			 errhint("Cast the argument to %s.", format_type_be(column->type))));
	return TextId(NULL, 0);		/* keep compiler quiet */
}

static Datum
IntegerToDatum(int64 integer, Oid base, Oid type, const char *what)
{
	int64		low = base == INT2OID ? PG_INT16_MIN : base == INT4OID ? PG_INT32_MIN : PG_INT64_MIN;
	int64		high = base == INT2OID ? PG_INT16_MAX : base == INT4OID ? PG_INT32_MAX : PG_INT64_MAX;

	if (integer < low || integer > high)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("%s " INT64_FORMAT " is out of range for type %s",
						what, integer, format_type_be(type)),
				 errhint("Ask for %s as bigint.", what)));
	if (base == INT2OID)
		return Int16GetDatum((int16) integer);
	if (base == INT4OID)
		return Int32GetDatum((int32) integer);
	return Int64GetDatum(integer);
}

/* The enum value of that label, or InvalidOid. */
static Oid
EnumValue(Oid type, const char *label, int32 len)
{
	char		name[NAMEDATALEN];
	HeapTuple	tuple;
	Oid			value;

	if (len >= NAMEDATALEN)
		return InvalidOid;
	memcpy(name, label, len);
	name[len] = '\0';
	tuple = SearchSysCache2(ENUMTYPOIDNAME, ObjectIdGetDatum(type), CStringGetDatum(name));
	if (!HeapTupleIsValid(tuple))
		return InvalidOid;
	value = ((Form_pg_enum) GETSTRUCT(tuple))->oid;
	ReleaseSysCache(tuple);
	return value;
}

static Datum
UuidToDatum(const RecalId *id)
{
	pg_uuid_t  *uuid = palloc(sizeof(pg_uuid_t));

	memcpy(uuid->data, id->data, UUID_LEN);
	return UUIDPGetDatum(uuid);
}

static const char *
KindName(RecalIdKind kind)
{
	switch (kind)
	{
		case RECAL_ID_INT:
			return "integers";
		case RECAL_ID_UUID:
			return "uuid";
		case RECAL_ID_TEXT:
			break;
	}
	return "text";
}

Datum
RecalIdToDatum(const RecalId *id, Oid type, const char *what)
{
	RecalIdType output;

	if (RecalIdTypeOf(type, -1, &output))
	{
		bool		is_text = output.base == TEXTOID || output.base == VARCHAROID;

		if (id->kind == RECAL_ID_INT && output.kind == RECAL_ID_INT)
			return IntegerToDatum(id->integer, output.base, type, what);
		if (id->kind == RECAL_ID_UUID && output.kind == RECAL_ID_UUID)
			return UuidToDatum(id);
		if (id->kind == RECAL_ID_TEXT && is_text)
			return PointerGetDatum(cstring_to_text_with_len(id->data, id->len));
		if (is_text)
			return CStringGetTextDatum(RecalIdToCString(id));
		if (id->kind == RECAL_ID_TEXT && output.kind == RECAL_ID_TEXT)
		{
			Oid			value = EnumValue(output.base, id->data, id->len);

			if (OidIsValid(value))
				return ObjectIdGetDatum(value);
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
					 errmsg("%s \"%s\" is no value of enum %s",
							what, RecalIdToCString(id), format_type_be(type)),
					 errhint("Ask for %s as text, or train the model again.", what)));
		}
	}

	ereport(ERROR,
			(errcode(ERRCODE_DATATYPE_MISMATCH),
			 errmsg("%s cannot be returned as type %s", what, format_type_be(type)),
			 errdetail("The model's ids are %s.", KindName(id->kind)),
			 errhint("Name a type that fits: recal_recommend_as(NULL::%s, ...).",
					 id->kind == RECAL_ID_INT ? "bigint" :
					 id->kind == RECAL_ID_UUID ? "uuid" : "text")));
	return (Datum) 0;			/* keep compiler quiet */
}

bool
RecalIdToColumn(const RecalId *id, const RecalIdType *column, Datum *value)
{
	if (id->kind != column->kind)
		return false;

	switch (column->base)
	{
		case INT8OID:
			*value = Int64GetDatum(id->integer);
			return true;
		case INT4OID:
			*value = Int32GetDatum((int32) id->integer);
			return id->integer >= PG_INT32_MIN && id->integer <= PG_INT32_MAX;
		case INT2OID:
			*value = Int16GetDatum((int16) id->integer);
			return id->integer >= PG_INT16_MIN && id->integer <= PG_INT16_MAX;
		case UUIDOID:
			*value = UuidToDatum(id);
			return true;
		case TEXTOID:
		case VARCHAROID:
			*value = PointerGetDatum(cstring_to_text_with_len(id->data, id->len));
			return true;
		default:
			{
				Oid			label = EnumValue(column->base, id->data, id->len);

				*value = ObjectIdGetDatum(label);
				return OidIsValid(label);
			}
	}
}

char *
RecalIdToCString(const RecalId *id)
{
	switch (id->kind)
	{
		case RECAL_ID_INT:
			return psprintf(INT64_FORMAT, id->integer);
		case RECAL_ID_UUID:
			return DatumGetCString(DirectFunctionCall1(uuid_out, UuidToDatum(id)));
		case RECAL_ID_TEXT:
			break;
	}
	return pnstrdup(id->data, id->len);
}

/* 16 bytes from 36 characters: hexadecimal digits in groups of 8, 4, 4, 4, 12 */
static bool
UuidFromCString(const char *text, unsigned char *bytes)
{
	int			ndigits = 0;

	if (strlen(text) != 36)
		return false;
	memset(bytes, 0, UUID_LEN);
	for (int i = 0; i < 36; i++)
	{
		static const char digits[] = "0123456789abcdef";
		const char *digit;

		if (i == 8 || i == 13 || i == 18 || i == 23)
		{
			if (text[i] != '-')
				return false;
			continue;
		}
		digit = strchr(digits, text[i]);
		if (digit == NULL)
			return false;
		bytes[ndigits / 2] = bytes[ndigits / 2] << 4 | (digit - digits);
		ndigits++;
	}
	return true;
}

bool
RecalIdFromCString(const char *text, RecalIdKind kind, RecalId *id)
{
	char	   *end;
	unsigned char *bytes;

	switch (kind)
	{
		case RECAL_ID_INT:
			errno = 0;
			*id = IntegerId(strtoi64(text, &end, 10));
			return errno == 0 && end != text && *end == '\0';
		case RECAL_ID_UUID:
			bytes = palloc(UUID_LEN);
			*id = TextId((const char *) bytes, UUID_LEN);
			id->kind = RECAL_ID_UUID;
			return UuidFromCString(text, bytes);
		case RECAL_ID_TEXT:
			break;
	}
	*id = TextId(text, strlen(text));
	return true;
}

int
RecalIdCompare(const RecalId *a, const RecalId *b)
{
	int			order;

	if (a->kind == RECAL_ID_INT)
		return (a->integer > b->integer) - (a->integer < b->integer);
	order = memcmp(a->data, b->data, Min(a->len, b->len));
	if (order != 0)
		return order;
	return (a->len > b->len) - (a->len < b->len);
}

RecalId
RecalIdTableGet(const RecalIdTable *table, int64 position)
{
	RecalId		id = {.kind = table->kind};

	Assert(position >= 0 && position < table->n);
	switch (table->kind)
	{
		case RECAL_ID_INT:
			id.integer = table->integers[position];
			break;
		case RECAL_ID_UUID:
			id.data = table->data + position * UUID_LEN;
			id.len = UUID_LEN;
			break;
		case RECAL_ID_TEXT:
			id.data = table->data + table->offsets[position];
			id.len = (int32) (table->offsets[position + 1] - table->offsets[position]);
			break;
	}
	return id;
}

static int64
FindInteger(const int64 *integers, int64 n, int64 key)
{
	int64		low = 0;
	int64		high = n;

	if (n == 0 || key < integers[0] || key > integers[n - 1])
		return -1;

	/* ids without gaps, as serial columns have them, need no search */
	if ((uint64) key - (uint64) integers[0] < (uint64) n &&
		integers[key - integers[0]] == key)
		return key - integers[0];

	while (low < high)
	{
		int64		middle = low + (high - low) / 2;

		if (integers[middle] < key)
			low = middle + 1;
		else
			high = middle;
	}
	return low < n && integers[low] == key ? low : -1;
}

int64
RecalIdTableFind(const RecalIdTable *table, const RecalId *id)
{
	int64		low = 0;
	int64		high = table->n;

	if (id->kind != table->kind)
		return -1;
	if (table->kind == RECAL_ID_INT)
		return FindInteger(table->integers, table->n, id->integer);

	while (low < high)
	{
		int64		middle = low + (high - low) / 2;
		RecalId		other = RecalIdTableGet(table, middle);
		int			order = RecalIdCompare(&other, id);

		if (order == 0)
			return middle;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return -1;
}
