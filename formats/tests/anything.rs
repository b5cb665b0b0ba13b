//! Whatever bytes come, there is an answer: a file or a reason, never a panic.

use domain::money::Currency;
use opl_formats::{Hints, read};
use proptest::prelude::*;

const SAMPLES: [&[u8]; 8] = [
    include_bytes!("samples/camt053.08.xml"),
    include_bytes!("samples/camt052.06.xml"),
    include_bytes!("samples/mt940.sta"),
    include_bytes!("samples/ofx1.ofx"),
    include_bytes!("samples/ofx2.ofx"),
    include_bytes!("samples/quicken.qif"),
    include_bytes!("samples/danske-fi.csv"),
    include_bytes!("samples/dnb-no.csv"),
];

fn taken(bytes: &[u8]) {
    let hints = Hints { currency: Some(Currency::EUR), mapping: None };
    if let Ok(reading) = read(bytes, &hints) {
        let _ = reading.file.accounts();
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        taken(&bytes);
    }

    #[test]
    fn any_text_behind_a_familiar_beginning(
        head in prop::sample::select(vec![
            "<Document><BkToCstmrStmt><Stmt>", "<OFX><BANKMSGSRSV1>", ":20:x\n:25:y\n:60F:",
            ":20:x\n:25:y\n:60F:C260101EUR1,\n:61:", "!Type:Bank\nD", "Date;Amount;Text\n",
        ]),
        text in "\\PC{0,200}",
    ) {
        taken(format!("{head}{text}").as_bytes());
    }

    #[test]
    fn samples_with_bytes_changed_and_cut(
        sample in 0..SAMPLES.len(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut bytes = SAMPLES[sample].to_vec();
        for (place, byte) in changes {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        taken(&bytes);
        taken(&bytes[..cut.index(bytes.len())]);
    }
}
