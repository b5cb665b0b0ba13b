//! Aggregates, events, money and reconciliation. Pure: no clock, no chance, no IO.
