//! Simulated banks that speak each standard over real TLS.
