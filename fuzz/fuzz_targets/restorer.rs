#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| cordon_fuzz::checks::restorer_holds(data));
