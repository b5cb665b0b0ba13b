//! `schema.graphql` is what the program says it is.

#[test]
fn the_schema_file_is_fresh() {
    let written = include_str!("../../schema.graphql");
    assert!(written == opl::api::schema_text(), "run `make schema` and commit schema.graphql");
}
