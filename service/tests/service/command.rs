//! The command itself, as whoever runs the service runs it.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::house::{House, ORDERS, RETURNS, SITE, notice};

fn candor(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_candor")).args(arguments).env("CANDOR_DATA", folder).output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// A data folder with a site and its notice; the notice's hash.
fn furnished(folder: &Path) -> String {
    let file = folder.join("notice.json");
    std::fs::write(&file, notice(SITE, 1).to_string()).unwrap();
    let data = folder.join("data");
    assert!(
        candor(&data, &["site", "add", SITE, "--name", "Shop", "--origin", "https://shop.example"]).status.success()
    );
    said(&candor(&data, &["notice", "publish", SITE, file.to_str().unwrap()])).trim().to_owned()
}

#[test]
fn a_dry_run_says_what_an_import_says_and_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (notice, data) = (furnished(folder.path()), folder.path().join("data"));
    let file = folder.path().join("choices.csv");
    let text = format!(
        "customer,control,choice,at,notice\nhanna,{ORDERS},granted,2020-01-01T00:00:00Z,{notice}\n\
         hanna,{RETURNS},denied,2020-01-01T00:00:00Z,\nhanna,{RETURNS},maybe,2020-01-01T00:00:00Z,\n"
    );
    std::fs::write(&file, text).unwrap();
    let import = |more: &[&str]| {
        let mut arguments = vec!["import", file.to_str().unwrap(), "--site", SITE];
        arguments.extend(more);
        candor(&data, &arguments)
    };
    let dry = import(&["--dry-run"]);
    assert_eq!(dry.status.code(), Some(3), "some lines are bad");
    let missing = candor(&data, &["export", SITE, "shop:hanna"]);
    assert!(!missing.status.success(), "nobody was begun");
    assert!(!data.join(".dry-run").exists());
    let real = import(&[]);
    assert_eq!(said(&dry).replace("dry run: ", ""), said(&real));
    assert!(said(&real).contains("1 denials taken (0 ended a grant), 0 grants taken, 0 superseded, 1 skipped"));
    let export = said(&candor(&data, &["export", SITE, "shop:hanna"]));
    assert!(export.contains("\"choice\": \"denied\""), "{export}");
    let report = folder.path().join("report");
    let again = import(&["--report", report.to_str().unwrap()]);
    assert_eq!((again.status.code(), said(&again).as_str()), (Some(3), ""));
    assert!(std::fs::read_to_string(report).unwrap().contains("1 imported before"));
    assert_eq!(candor(&data, &["import", "nowhere.csv", "--site", SITE]).status.code(), Some(1));
}

#[test]
fn nothing_of_a_dry_run_that_was_stopped_outlives_an_erasure() {
    let folder = tempfile::tempdir().unwrap();
    furnished(folder.path());
    let data = folder.path().join("data");
    let (few, many) = (folder.path().join("few.csv"), folder.path().join("many.csv"));
    let line = |customer: &str| format!("{customer},{RETURNS},denied,2020-01-01T00:00:00Z\n");
    std::fs::write(&few, format!("customer,control,choice,at\n{}", line("hanna"))).unwrap();
    let lines: String = (0..400_000).map(|number| line(&number.to_string())).collect();
    std::fs::write(&many, format!("customer,control,choice,at\n{lines}")).unwrap();
    assert!(candor(&data, &["import", few.to_str().unwrap(), "--site", SITE]).status.success());
    let stopped = |signal: &str| {
        let mut dry = Command::new(env!("CARGO_BIN_EXE_candor"))
            .args(["import", many.to_str().unwrap(), "--site", SITE, "--dry-run"])
            .env("CANDOR_DATA", &data)
            .stderr(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let mut said = String::new();
        let mut stderr = BufReader::new(dry.stderr.take().unwrap());
        stderr.read_line(&mut said).unwrap();
        assert!(said.contains("lines read"), "{said}");
        assert!(Command::new("kill").args([signal, &dry.id().to_string()]).status().unwrap().success());
        stderr.read_to_string(&mut said).unwrap();
        assert!(!dry.wait().unwrap().success(), "{said}");
        data.join(".dry-run").exists()
    };
    assert!(!stopped("-TERM"), "it takes its copy with it");
    assert!(stopped("-KILL"), "it could not");
    // As a restore that was killed leaves it.
    let restoring = ["candor-restoring.db", "candor-restoring.db-wal"].map(|name| data.join(name));
    restoring.iter().for_each(|path| std::fs::write(path, "hanna").unwrap());
    assert!(candor(&data, &["erase", SITE, "shop:hanna"]).status.success());
    let left = restoring.iter().chain([&data.join(".dry-run")]).find(|path| path.exists()).cloned();
    assert_eq!(left, None, "whoever was erased would be in it");
    // Beside a service, where erasures come by other ways.
    let mut service = Command::new(env!("CARGO_BIN_EXE_candor"))
        .args(["serve", "--listen", "127.0.0.1:0"])
        .env("CANDOR_DATA", &data)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    BufReader::new(service.stdout.take().unwrap()).read_line(&mut String::new()).unwrap();
    assert!(!stopped("-TERM"), "one that is in use stays until it has ended");
    stopped("-KILL");
    let gone = (0..200).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(50));
        !data.join(".dry-run").exists()
    });
    service.kill().unwrap();
    service.wait().unwrap();
    assert!(gone);
}

#[test]
#[cfg(target_os = "linux")]
fn a_log_that_takes_nothing_any_more_stops_nothing() {
    use std::io::Write;
    use std::net::TcpStream;

    let folder = tempfile::tempdir().unwrap();
    furnished(folder.path());
    // Every write to it fails, as on a full disk.
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let mut service = Command::new(env!("CARGO_BIN_EXE_candor"))
        .args(["serve", "--listen", "127.0.0.1:0"])
        .env("CANDOR_DATA", folder.path().join("data"))
        .stdout(Stdio::piped())
        .stderr(full)
        .spawn()
        .unwrap();
    let mut said = String::new();
    BufReader::new(service.stdout.take().unwrap()).read_line(&mut said).unwrap();
    let place = said.split("http://").nth(1).unwrap().split(['/', ' ', '\n']).next().unwrap().to_owned();
    let status = || {
        let mut stream = TcpStream::connect(&place).unwrap();
        let request = format!(
            "GET /v1/notice?site={SITE} HTTP/1.1\r\nhost: a\r\nx-forwarded-for: 1.2.3.4\r\nconnection: close\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        let _ = stream.read_to_string(&mut answer);
        answer.split(' ').nth(1).unwrap_or_default().to_owned()
    };
    // Too fast for one address, and it forwards for others: that is said.
    let other = (0..20_000).map(|_| status()).find(|status| status != "200");
    service.kill().unwrap();
    service.wait().unwrap();
    assert_eq!(other.as_deref(), Some("429"));
}

#[test]
fn a_grant_that_cannot_hold_is_no_bad_line_and_help_says_the_same_of_the_exit() {
    let folder = tempfile::tempdir().unwrap();
    let (notice, data) = (furnished(folder.path()), folder.path().join("data"));
    let file = folder.path().join("choices.csv");
    std::fs::write(
        &file,
        format!("customer,control,choice,at,notice\nhanna,{ORDERS},granted,2020-01-01T00:00:00Z,{notice}\n"),
    )
    .unwrap();
    let taken = candor(&data, &["import", file.to_str().unwrap(), "--site", SITE]);
    assert!(said(&taken).contains("1 skipped, 0 imported before, 0 bad lines"), "{}", said(&taken));
    assert_eq!(taken.status.code(), Some(0));
    let help = said(&candor(&data, &["import", "--help"]));
    assert!(help.contains("EXIT: 0 no line was bad, 3 some lines were bad, 1 the import stopped"), "{help}");
}

#[test]
fn a_backup_is_written_and_restored_by_the_command_and_erasures_hold() {
    let folder = tempfile::tempdir().unwrap();
    furnished(folder.path());
    let data = folder.path().join("data");
    let file = folder.path().join("choices.csv");
    let line = |customer: &str| format!("{customer},{RETURNS},denied,2020-01-01T00:00:00Z\n");
    std::fs::write(&file, format!("customer,control,choice,at\n{}{}", line("hanna"), line("tomek"))).unwrap();
    assert!(candor(&data, &["import", file.to_str().unwrap(), "--site", SITE]).status.success());
    let copy = folder.path().join("copy.db");
    let copy = copy.to_str().unwrap();
    assert!(candor(&data, &["backup", copy]).status.success());
    assert!(!candor(&data, &["backup", copy]).status.success(), "what is there is not written over");
    assert!(candor(&data, &["erase", SITE, "shop:hanna"]).status.success());
    assert_eq!(said(&candor(&data, &["erasures"])).lines().count(), 1);
    let restored = candor(&data, &["restore", copy]);
    let words = said(&restored);
    assert!(restored.status.success(), "{}", String::from_utf8_lossy(&restored.stderr));
    assert!(words.contains("restored 1 subjects with 1 decisions") && words.contains("erased again 1"), "{words}");
    assert!(!candor(&data, &["export", SITE, "shop:hanna"]).status.success());
    assert!(candor(&data, &["export", SITE, "shop:tomek"]).status.success());
}

#[test]
fn a_restore_says_which_keys_and_endpoints_are_back_where_nobody_can_tell_what_was_taken_back() {
    let folder = tempfile::tempdir().unwrap();
    furnished(folder.path());
    let data = folder.path().join("data");
    let key = said(&candor(&data, &["key", "new", SITE]));
    let added = said(&candor(&data, &["webhook", "add", SITE, "https://shop.example/hooks"]));
    let endpoint = added.split('\t').next().unwrap();
    let copy = folder.path().join("copy.db");
    let copy = copy.to_str().unwrap();
    assert!(candor(&data, &["backup", copy]).status.success());
    let revoked = || candor(&data, &["key", "revoke", SITE, key.trim()]).status.success();
    assert!(revoked());
    let restored = candor(&data, &["restore", copy]);
    let told = String::from_utf8(restored.stderr.clone()).unwrap();
    assert!(said(&restored).contains("taken back again 1 keys, 0 endpoints"), "{}", said(&restored));
    assert!(!told.contains("as they were at the backup"), "{told}");
    assert!(!revoked(), "it is not there");

    std::fs::remove_file(data.join("candor.db")).unwrap();
    let told = String::from_utf8(candor(&data, &["restore", copy, "--without-erasures"]).stderr).unwrap();
    let lines: Vec<&str> = told.lines().filter(|line| line.contains("as they were at the backup")).collect();
    assert_eq!(lines.len(), 1, "{told}");
    let words = format!("{SITE}: 1 secret keys, 0 desk keys and 0 sign-in keys and the endpoints {endpoint} are");
    assert!(lines[0].starts_with(&words), "{told}");
    for command in [format!("candor key revoke {SITE} KEY"), format!("candor webhook list {SITE}")] {
        assert!(lines[0].contains(&command), "{told}");
    }
    assert!(revoked(), "it is back");
}

#[tokio::test]
async fn endpoints_are_added_listed_rotated_and_removed_beside_a_running_service() {
    let house = House::open().await;
    let candor = |arguments: &[&str]| candor(house.folder.path(), arguments);
    let refused = candor(&["webhook", "add", SITE, "http://shop.example/hooks"]);
    assert!(String::from_utf8(refused.stderr).unwrap().contains("https only"));
    let added = said(&candor(&["webhook", "add", SITE, "https://shop.example/hooks"]));
    let (id, secret) = added.trim().split_once('\t').unwrap();
    assert!(id.starts_with("wh_") && secret.starts_with("whsec_"), "{added}");
    let again = said(&candor(&["webhook", "add", SITE, "https://shop.example/hooks"]));
    assert_eq!(again, added, "the same address is the same endpoint");
    crate::receiver::until(|| house.app.directory().endpoints().any(|one| one.id == id)).await;
    assert!(said(&candor(&["webhook", "list", SITE])).contains("https://shop.example/hooks\tin use"));
    assert_ne!(said(&candor(&["webhook", "rotate", SITE, id])).trim(), secret);
    assert!(!candor(&["webhook", "remove", SITE, "wh_other"]).status.success());
    assert!(candor(&["webhook", "remove", SITE, id]).status.success());
    crate::receiver::until(|| house.app.directory().endpoints().next().is_none()).await;
}

#[test]
fn a_folder_without_a_store_is_named_and_not_made_one() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("mistyped");
    let commands: [&[&str]; 6] = [
        &["site", "list"],
        &["key", "new", SITE],
        &["export", SITE, "shop:hanna"],
        &["backup", "copy.db"],
        &["erasures"],
        &["webhook", "list", SITE],
    ];
    for arguments in commands {
        let refused = candor(&data, arguments);
        let words = String::from_utf8(refused.stderr.clone()).unwrap();
        assert!(!refused.status.success() && words.contains("there is no store"), "{arguments:?}: {words}");
        assert!(!data.exists(), "{arguments:?} made one");
    }
}

#[test]
fn a_notice_in_place_of_a_document_is_called_one() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("notice.json");
    std::fs::write(&file, notice(SITE, 1).to_string()).unwrap();
    let refused = candor(folder.path(), &["check", file.to_str().unwrap()]);
    assert!(!refused.status.success());
    assert!(String::from_utf8(refused.stderr).unwrap().contains("this is a notice"));
}

#[test]
fn a_second_service_on_the_same_store_is_refused_and_says_why() {
    let folder = tempfile::tempdir().unwrap();
    furnished(folder.path());
    let serve = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_candor"));
        command.args(["serve", "--listen", "127.0.0.1:0"]).env("CANDOR_DATA", folder.path().join("data"));
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    // Whoever answers says so; whoever is refused ends.
    let heard = |child: &mut std::process::Child| {
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        line
    };
    let (mut first, mut second) = (serve(), None);
    let began = heard(&mut first);
    let refused = heard(second.insert(serve()));
    let mut why = String::new();
    for mut child in [Some(first), second].into_iter().flatten() {
        child.kill().unwrap();
        child.wait().unwrap();
        why.clear();
        child.stderr.take().unwrap().read_to_string(&mut why).unwrap();
    }
    assert!(began.starts_with("ready") && refused.is_empty(), "{began} {refused}");
    assert!(why.contains("another `candor serve`"), "{why}");
}

#[test]
fn a_key_that_could_not_be_revoked_is_not_said_to_be_missing() {
    let folder = tempfile::tempdir().unwrap();
    furnished(folder.path());
    let data = folder.path().join("data");
    let key = said(&candor(&data, &["key", "new", SITE]));
    let revoke = || candor(&data, &["key", "revoke", SITE, key.trim()]);
    let told = |output: &Output| String::from_utf8(output.stderr.clone()).unwrap();
    let store = rusqlite::Connection::open(data.join("candor.db")).unwrap();
    store
        .execute_batch("CREATE TRIGGER held BEFORE DELETE ON secret_keys BEGIN SELECT RAISE(ABORT, 'held'); END")
        .unwrap();
    let held = revoke();
    assert!(!held.status.success() && told(&held).contains("The key was not revoked."), "{}", told(&held));
    store.execute_batch("DROP TRIGGER held").unwrap();
    assert!(revoke().status.success());
    assert!(told(&revoke()).contains("has no such key"));
}
