//! Every message as its user reads it. `TRYCMD=overwrite cargo test -p hookseal-cli` writes the files anew.

#[test]
fn every_message_reads_as_recorded() {
    trycmd::TestCases::new().case("tests/snapshots/*.trycmd").env(
        "HOOKSEAL_SHARED_KEY",
        "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow",
    );
}
