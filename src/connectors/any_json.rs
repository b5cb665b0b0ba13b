//! Answers as nobody foresaw them, for the properties that hold at every standard.

use proptest::prelude::*;
use serde_json::Value;

/// Any JSON, with texts and names of members that a standard's mapping looks for among them.
pub(super) fn any_json_of(
    texts: &'static [&'static str],
    names: &'static [&'static str],
) -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
        "-?[0-9]{1,8}(\\.[0-9]{0,4})?".prop_map(Value::from),
        proptest::sample::select(texts).prop_map(Value::from),
    ];
    let name = proptest::sample::select(names);
    leaf.prop_recursive(4, 48, 6, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            proptest::collection::btree_map(name.clone().prop_map(str::to_owned), inner, 0..8)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// Every text and number somewhere in a value.
pub(super) fn leaves(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) if !text.is_empty() => found.push(text.clone()),
        Value::Number(number) => found.push(number.to_string()),
        Value::Array(values) => values.iter().for_each(|value| leaves(value, found)),
        Value::Object(members) => members.values().for_each(|value| leaves(value, found)),
        _ => {}
    }
}
