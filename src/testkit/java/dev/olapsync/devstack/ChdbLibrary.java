package dev.olapsync.devstack;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.stream.Collectors;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;

/** ClickHouse as a shared library, from npm. */
final class ChdbLibrary {

    private static final String PACKAGE = "@chdb/lib-linux-x64-gnu";
    private static final String VERSION = "26.5.3";
    /** {@code npm view <package> dist.integrity}. */
    private static final String SHA512 =
            "fPrLmRt5Moor9yGz4mazbrNje4t7X9KB2mTGkXFWRxRBs2iKy8yh6jx11xsa0Qr3iDFMU/yHqd+bVdYJXu3QaQ==";

    private static final String FILE = "libchdb.so";
    private static final String OWN_SERVER =
            "or use a ClickHouse server of your own: set clickhouse.url to its address.";

    private ChdbLibrary() {}

    /** The library's file; downloaded once per user. */
    static Path file() {
        if (!System.getProperty("os.name").equals("Linux")
                || !System.getProperty("os.arch").equals("amd64")) {
            throw new DevStackException(
                    "The embedded ClickHouse runs on 64-bit x86 Linux only. Run the dev stack there, " + OWN_SERVER);
        }
        return Cache.directory("chdb-" + VERSION, ChdbLibrary::download).resolve(FILE);
    }

    private static void download(Path directory) throws IOException {
        Path output = Files.createTempFile("npm-pack", ".log");
        Path archive = directory.resolve("package.tgz");
        try {
            pack(directory, output);
            try (var files = Files.newDirectoryStream(directory, "*.tgz")) {
                Files.move(files.iterator().next(), archive);
            }
            verify(archive);
            unpack(archive, directory.resolve(FILE));
        } finally {
            Files.deleteIfExists(archive);
            Files.delete(output);
        }
    }

    private static void pack(Path directory, Path output) throws IOException {
        Process npm;
        System.out.println("Fetching ClickHouse with npm, once (170 MB)");
        try {
            npm = new ProcessBuilder("npm", "pack", PACKAGE + "@" + VERSION)
                    .directory(directory.toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(output.toFile())
                    .start();
        } catch (IOException e) {
            throw new DevStackException(
                    "npm was not found, and the embedded ClickHouse comes from there. "
                            + "Install Node.js with npm (https://nodejs.org), " + OWN_SERVER,
                    e);
        }
        try {
            if (npm.waitFor() != 0) {
                throw new DevStackException("\"npm pack " + PACKAGE + "@" + VERSION + "\" failed: "
                        + Files.readString(output, StandardCharsets.UTF_8)
                                .lines()
                                .limit(3)
                                .collect(Collectors.joining("; "))
                        + "\nMend npm's access to its registry, " + OWN_SERVER);
            }
        } catch (InterruptedException e) {
            npm.destroy();
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    private static void verify(Path archive) throws IOException {
        MessageDigest digest;
        try {
            digest = MessageDigest.getInstance("SHA-512");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
        try (InputStream in = Files.newInputStream(archive)) {
            byte[] buffer = new byte[1 << 16];
            for (int length = in.read(buffer); length >= 0; length = in.read(buffer)) {
                digest.update(buffer, 0, length);
            }
        }
        String found = Base64.getEncoder().encodeToString(digest.digest());
        if (!found.equals(SHA512)) {
            throw new DevStackException(PACKAGE + "@" + VERSION + " as npm delivered it has the checksum sha512-"
                    + found + ", not sha512-" + SHA512 + ". Check the registry npm is set to, " + OWN_SERVER);
        }
    }

    private static void unpack(Path archive, Path target) throws IOException {
        try (InputStream in = new BufferedInputStream(Files.newInputStream(archive));
                TarArchiveInputStream entries = new TarArchiveInputStream(new GZIPInputStream(in))) {
            for (TarArchiveEntry entry = entries.getNextEntry(); entry != null; entry = entries.getNextEntry()) {
                if (entry.getName().equals("package/" + FILE)) {
                    Files.copy(entries, target);
                    return;
                }
            }
        }
        throw new DevStackException(PACKAGE + "@" + VERSION + " holds no " + FILE + ".");
    }
}
