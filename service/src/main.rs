fn main() -> std::process::ExitCode {
    candor_service::cli::run()
}
