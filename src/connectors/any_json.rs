//! JSON of every shape for the properties of each standard: made of the standard's own words, so that it gets
//! far into the reading.

use proptest::prelude::*;
use proptest::sample::select;
use serde_json::Value;

/// How deep and how large a value may be, and how many members an object has.
const DEEPEST: u32 = 4;
const LARGEST: u32 = 48;
const MOST_MEMBERS: usize = 8;

/// Any JSON whose members have these names, with these texts among its values.
pub fn any_json(
    names: &'static [&'static str],
    texts: &'static [&'static str],
) -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
        "-?[0-9]{1,8}(\\.[0-9]{0,4})?".prop_map(Value::from),
        select(texts).prop_map(Value::from),
    ];
    leaf.prop_recursive(DEEPEST, LARGEST, 6, move |inner| {
        let name = select(names).prop_map(str::to_owned);
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            proptest::collection::btree_map(name, inner, 0..MOST_MEMBERS)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// Every text and number somewhere in a value.
pub fn leaves(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) if !text.is_empty() => found.push(text.clone()),
        Value::Number(number) => found.push(number.to_string()),
        Value::Array(values) => values.iter().for_each(|value| leaves(value, found)),
        Value::Object(members) => members.values().for_each(|value| leaves(value, found)),
        _ => {}
    }
}
