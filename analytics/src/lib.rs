//! The columnar data set that analysis is done on: a contract of tables and columns, Parquet files
//! that hold them month by month, and SQL over those files in process.
//!
//! Rows come in and bytes go out; whose rows they are, and who may have them, is decided elsewhere.
//! `docs/data-set.md` tells of the same tables in words.

pub mod query;
pub mod reading;
pub mod rows;
pub mod schema;
pub mod writing;

pub use query::{Answer, QueryError, run};
pub use reading::{DataSet, ReadError};
pub use rows::{Cell, Rows, WrongCell};
pub use schema::{Column, DATA_SET_VERSION, Kind, TABLES, Table};
pub use writing::{WriteError, bytes};
