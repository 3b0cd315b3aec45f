//! JSON Schema inside a request: keywords are structure, everything that an
//! author may have written is text.

use serde_json::Value;

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

pub(super) fn walk(walk: &mut Walk<'_>, schema: &mut Value, key: Option<&str>) {
    match schema {
        Value::Object(keywords) => {
            for (keyword, value) in keywords.iter_mut() {
                keyword_value(walk, keyword, value);
            }
        }
        Value::Array(schemas) => schemas.iter_mut().for_each(|schema| self::walk(walk, schema, key)),
        other => walk.value(other, &Tree::default(), key),
    }
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
    *schemas = std::mem::take(schemas)
        .into_iter()
        .map(|(name, mut schema)| {
            let renamed = walk.key(&name);
            self::walk(walk, &mut schema, Some(&name));
            (renamed, schema)
        })
        .collect();
}
