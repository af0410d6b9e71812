package dev.olapsync.devstack;

import dev.olapsync.postgres.PostgresDataSource;
import io.zonky.test.db.postgres.embedded.DefaultPostgresBinaryResolver;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermission;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import java.util.zip.ZipFile;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.compressors.xz.XZCompressorInputStream;

/** Postgres with logical decoding, superuser {@code postgres}, database {@code shop}; any password will do. */
public final class PostgresServer extends Service {

    public static final String DATABASE = "shop";
    public static final String USER = "postgres";
    public static final String PASSWORD = "postgres";

    private static final String ARCHIVE = "postgres-linux-x86_64.txz";

    private static final AtomicInteger COUNT = new AtomicInteger();

    private final boolean fsync;
    private final Path older;
    private final Certificate certificate;

    /**
     * @param older a jar with the binaries of a Postgres before 17; null for the one on the class path
     * @param certificate null for no TLS
     */
    PostgresServer(Place place, Path home, boolean fsync, Path older, Certificate certificate) {
        super("Postgres", place, home);
        this.fsync = fsync;
        this.older = older;
        this.certificate = certificate;
    }

    public String jdbcUrl(String database) {
        return PostgresDataSource.url(host(), port(), database);
    }

    /** A new connection of the superuser to database {@value #DATABASE}. */
    public Connection connect() throws SQLException {
        return connect(DATABASE);
    }

    /** A new connection of the superuser. */
    public Connection connect(String database) throws SQLException {
        return DriverManager.getConnection(jdbcUrl(database), USER, PASSWORD);
    }

    @Override
    public String address() {
        return "postgresql://" + USER + ":" + PASSWORD + "@" + host() + ":" + port() + "/" + DATABASE;
    }

    @Override
    void prepare() throws IOException {
        // the directory is ours alone; the id of a killed server may be the id of another process or thread by now
        Files.deleteIfExists(home().resolve("postmaster.pid"));
        if (Files.exists(home().resolve("PG_VERSION"))) {
            return;
        }
        List<String> initdb =
                program("initdb", "-D", home().toString(), "-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C");
        if (older == null) {
            initdb.addAll(List.of("--locale-provider=builtin", "--builtin-locale=C.UTF-8"));
        }
        if (!fsync) {
            initdb.add("--no-sync");
        }
        Process process = new ProcessBuilder(initdb)
                .redirectErrorStream(true)
                .redirectOutput(log().toFile())
                .start();
        try {
            if (process.waitFor() != 0) {
                throw new DevStackException("Postgres' initdb failed: "
                        + Files.readString(log()).strip().lines().reduce("", (all, line) -> line) + "\nIts log: "
                        + log());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    @Override
    ProcessBuilder command() {
        List<String> command = program("postgres", "-D", home().toString(), "-p", String.valueOf(port()));
        Map<String, String> settings = Map.ofEntries(
                Map.entry("listen_addresses", "127.0.0.1"),
                Map.entry("unix_socket_directories", ""),
                Map.entry("wal_level", "logical"),
                Map.entry("max_replication_slots", "20"),
                Map.entry("max_wal_senders", "20"),
                Map.entry("max_prepared_transactions", "10"),
                Map.entry("max_connections", "200"),
                Map.entry("timezone", "UTC"),
                Map.entry("log_timezone", "UTC"),
                Map.entry("fsync", fsync ? "on" : "off"));
        settings.forEach((key, value) -> command.addAll(List.of("-c", key + "=" + value)));
        if (certificate != null) {
            command.addAll(List.of(
                    "-c",
                    "ssl=on",
                    "-c",
                    "ssl_cert_file=" + certificate.root(),
                    "-c",
                    "ssl_key_file=" + certificate.key(),
                    "-c",
                    "ssl_ca_file=" + certificate.root()));
        }
        return new ProcessBuilder(command);
    }

    @Override
    boolean isReady(String logged) {
        return logged.contains("database system is ready to accept connections")
                || logged.contains("database system is ready to accept read-only connections");
    }

    /** Starts it again as a standby, and makes that a primary: what it writes then is on another timeline. */
    public void promote() throws IOException, SQLException {
        stop();
        Files.createFile(home().resolve("standby.signal"));
        start();
        try (Connection connection = connect("postgres");
                Statement statement = connection.createStatement()) {
            statement.execute("SELECT pg_promote()");
        }
    }

    /** A new standby that receives the log of this server. Its files are beside those of this server; the caller stops it. */
    public PostgresServer standby() throws IOException, SQLException {
        Path copy = home().resolveSibling(home().getFileName() + "-standby-" + COUNT.incrementAndGet());
        PostgresServer standby = new PostgresServer(Place.here(0), copy, fsync, older, certificate);
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            statement.execute("SELECT pg_backup_start('standby', true)");
            copyFiles(copy);
            try (ResultSet row = statement.executeQuery("SELECT labelfile FROM pg_backup_stop(false)")) {
                row.next();
                Files.writeString(copy.resolve("backup_label"), row.getString(1));
            }
        }
        Files.createFile(copy.resolve("standby.signal"));
        standby.follow(this);
        standby.start();
        return standby;
    }

    /** From its next start on, as a standby. */
    public void follow(PostgresServer primary) throws IOException {
        Files.writeString(
                home().resolve("postgresql.auto.conf"),
                "primary_conninfo = 'hostaddr=127.0.0.1 port=" + primary.port() + " user=" + USER
                        + "'\nwal_retrieve_retry_interval = 200ms\nmax_standby_streaming_delay = 0\n");
    }

    /** A file that goes meanwhile is not needed: the log has what happened to it. */
    private void copyFiles(Path to) throws IOException {
        List<Path> files;
        try (Stream<Path> all = Files.walk(home())) {
            files = all.toList();
        }
        for (Path file : files) {
            Path relative = home().relativize(file);
            if (relative.startsWith("pg_replslot") && relative.getNameCount() > 1
                    || relative.endsWith("postmaster.pid")) {
                continue;
            }
            try {
                Files.copy(file, to.resolve(relative.toString()), StandardCopyOption.COPY_ATTRIBUTES);
            } catch (NoSuchFileException e) {
                continue;
            }
        }
    }

    /** The processes of a killed server need a moment to notice. */
    @Override
    boolean isPassing(String logged) {
        return logged.contains("pre-existing shared memory block");
    }

    @Override
    void afterStart() throws IOException {
        try (Connection connection = connect("postgres");
                Statement statement = connection.createStatement()) {
            boolean exists;
            try (ResultSet rows =
                    statement.executeQuery("SELECT FROM pg_database WHERE datname = '" + DATABASE + "'")) {
                exists = rows.next();
            }
            if (!exists) {
                statement.execute("CREATE DATABASE " + DATABASE);
            }
        } catch (SQLException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    /** Fast shutdown; SIGTERM would wait for the clients. */
    @Override
    String stopSignal() {
        return "INT";
    }

    /** Immediate shutdown; after SIGKILL its shared memory would stay behind. */
    @Override
    String orphanSignal() {
        return "QUIT";
    }

    private List<String> program(String name, String... arguments) {
        List<String> command = new ArrayList<>();
        if (System.getProperty("user.name").equals("root")) {
            // Postgres refuses to run as root; in a user namespace of its own it is nobody, with root's files
            command.addAll(List.of("unshare", "-U"));
        }
        command.add(binaries().resolve("bin").resolve(name).toString());
        command.addAll(List.of(arguments));
        return command;
    }

    private Path binaries() {
        try {
            byte[] bytes = archive();
            String hash = UUID.nameUUIDFromBytes(bytes).toString();
            return Cache.directory("postgres-" + hash, directory -> unpack(bytes, directory));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private byte[] archive() throws IOException {
        if (older != null) {
            try (ZipFile jar = new ZipFile(older.toFile());
                    InputStream archive = jar.getInputStream(jar.getEntry(ARCHIVE))) {
                return archive.readAllBytes();
            }
        }
        try (InputStream archive = DefaultPostgresBinaryResolver.INSTANCE.getPgBinary("Linux", "x86_64")) {
            return archive.readAllBytes();
        }
    }

    private static void unpack(byte[] archive, Path directory) throws IOException {
        try (TarArchiveInputStream entries =
                new TarArchiveInputStream(new XZCompressorInputStream(new ByteArrayInputStream(archive)))) {
            for (TarArchiveEntry entry = entries.getNextEntry(); entry != null; entry = entries.getNextEntry()) {
                Path path = directory.resolve(entry.getName());
                if (entry.isDirectory()) {
                    Files.createDirectories(path);
                    continue;
                }
                Files.createDirectories(path.getParent());
                if (entry.isSymbolicLink()) {
                    Files.createSymbolicLink(path, Path.of(entry.getLinkName()));
                } else {
                    Files.copy(entries, path);
                    if ((entry.getMode() & 0100) != 0) {
                        Set<PosixFilePermission> permissions = EnumSet.copyOf(Files.getPosixFilePermissions(path));
                        permissions.add(PosixFilePermission.OWNER_EXECUTE);
                        Files.setPosixFilePermissions(path, permissions);
                    }
                }
            }
        }
    }
}
