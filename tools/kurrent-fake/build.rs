//! Compiles the published protocol files; no `protoc` is needed.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo::rerun-if-changed=protos");
    let files = ["streams.proto", "serverfeatures.proto", "gossip.proto"];
    let descriptors = protox::compile(files, ["protos"])?;
    tonic_build::configure().build_client(false).compile_fds(descriptors)?;
    Ok(())
}
