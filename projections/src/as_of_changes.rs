//! Which rows changed between two places of the log, field by field.
