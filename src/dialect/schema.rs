//! JSON Schema inside a request: keywords are structure, everything that an
//! author may have written is text.

use serde_json::{Map, Value};

use super::rules::{Kind, Tree};
use super::walk::Walk;

/// Keywords whose value is one of a few words (JSON Schema 2020-12, validation
/// vocabulary 6.1.1 and 7.3).
const WORDS: &[(&str, &[&str])] = &[
    ("type", &["null", "boolean", "object", "array", "number", "integer", "string"]),
    (
        "format",
        &[
            "date-time",
            "date",
            "time",
            "duration",
            "email",
            "idn-email",
            "hostname",
            "idn-hostname",
            "ipv4",
            "ipv6",
            "uri",
            "uri-reference",
            "iri",
            "iri-reference",
            "uuid",
            "uri-template",
            "json-pointer",
            "relative-json-pointer",
            "regex",
            "int32",
            "int64",
            "float",
            "double",
            "byte",
            "binary",
            "password",
        ],
    ),
];

/// Keywords whose value maps names that the author chose to schemas.
const NAMED: &[&str] = &["properties", "patternProperties", "$defs", "definitions", "dependentSchemas"];

/// Keywords whose value is a schema or a list of schemas.
const NESTED: &[&str] = &[
    "items",
    "prefixItems",
    "additionalProperties",
    "unevaluatedItems",
    "unevaluatedProperties",
    "contains",
    "not",
    "if",
    "then",
    "else",
    "allOf",
    "anyOf",
    "oneOf",
    "propertyNames",
    "contentSchema",
];

/// Keywords whose strings are names of properties or schemas.
const REFERENCES: &[&str] = &["required", "$ref", "$id", "$anchor", "$schema", "dependentRequired"];

/// Keywords whose number is a bound of the schema (JSON Schema 2020-12,
/// validation vocabulary 6.2 to 6.5); any other number may be somebody's.
const BOUNDS: &[&str] = &[
    "multipleOf",
    "maximum",
    "exclusiveMaximum",
    "minimum",
    "exclusiveMinimum",
    "maxLength",
    "minLength",
    "maxItems",
    "minItems",
    "maxContains",
    "minContains",
    "maxProperties",
    "minProperties",
];

/// Keywords whose value is what an author wrote (JSON Schema 2020-12, validation
/// vocabulary 6.1, 6.3 and 9, content vocabulary 8; `nullable` is OpenAPI's).
const WRITTEN: &[&str] = &[
    "title",
    "description",
    "default",
    "examples",
    "enum",
    "const",
    "pattern",
    "$comment",
    "contentEncoding",
    "contentMediaType",
    "uniqueItems",
    "deprecated",
    "readOnly",
    "writeOnly",
    "nullable",
];

pub(super) fn walk(walk: &mut Walk<'_>, schema: &mut Value, key: Option<&str>) {
    match schema {
        Value::Object(keywords) => rename(keywords, |keyword, value| {
            let renamed = if is_keyword(keyword) { keyword.to_owned() } else { walk.key(keyword) };
            keyword_value(walk, keyword, value);
            renamed
        }),
        Value::Array(schemas) => schemas.iter_mut().for_each(|schema| self::walk(walk, schema, key)),
        other => walk.value(other, &Tree::default(), key),
    }
}

fn is_keyword(name: &str) -> bool {
    [NAMED, NESTED, REFERENCES, BOUNDS, WRITTEN].iter().any(|list| list.contains(&name))
        || WORDS.iter().any(|(keyword, _)| *keyword == name)
}

fn keyword_value(walk: &mut Walk<'_>, keyword: &str, value: &mut Value) {
    if NAMED.contains(&keyword) {
        return named(walk, value);
    }
    if NESTED.contains(&keyword) {
        return self::walk(walk, value, Some(keyword));
    }
    let kind = match WORDS.iter().find(|(name, _)| *name == keyword) {
        Some((_, words)) => Kind::OneOf(words),
        None if REFERENCES.contains(&keyword) => Kind::Identifier,
        None if BOUNDS.contains(&keyword) => Kind::Structure,
        None => Kind::Text,
    };
    walk.value(value, &Tree::of(kind), Some(keyword));
}

fn named(walk: &mut Walk<'_>, value: &mut Value) {
    let Value::Object(schemas) = value else { return self::walk(walk, value, None) };
    rename(schemas, |name, schema| {
        let renamed = walk.key(name);
        self::walk(walk, schema, Some(name));
        renamed
    });
}

/// Gives every field the name that `look_at` returns.
fn rename(fields: &mut Map<String, Value>, mut look_at: impl FnMut(&str, &mut Value) -> String) {
    *fields = std::mem::take(fields).into_iter().map(|(name, mut value)| (look_at(&name, &mut value), value)).collect();
}
