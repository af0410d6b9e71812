package dev.olapsync.devstack;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Base64;

/** A key and a self-signed certificate for the name {@code localhost}: what a server or a client shows, and the root that the other trusts. */
public final class Certificate {

    static final String PASSWORD = "changeit";

    private static final String ALIAS = "server";

    private final Path folder;

    private Certificate(Path folder) {
        this.folder = folder;
    }

    /** Makes a new one, with the JDK's keytool. */
    public static Certificate create(Path folder) throws IOException, GeneralSecurityException, InterruptedException {
        Certificate certificate =
                new Certificate(Files.createDirectories(folder).toAbsolutePath());
        Path log = certificate.folder.resolve("keytool.log");
        int code = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString(),
                        "-genkeypair",
                        "-alias",
                        ALIAS,
                        "-keyalg",
                        "RSA",
                        "-keysize",
                        "2048",
                        "-dname",
                        "CN=localhost",
                        "-ext",
                        "san=dns:localhost",
                        "-ext",
                        "bc=ca:true",
                        "-validity",
                        "30",
                        "-storetype",
                        "PKCS12",
                        "-storepass",
                        PASSWORD,
                        "-keystore",
                        certificate.keyStore().toString())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start()
                .waitFor();
        if (code != 0) {
            throw new IOException("keytool: " + Files.readString(log));
        }
        certificate.export();
        return certificate;
    }

    private void export() throws IOException, GeneralSecurityException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (InputStream file = Files.newInputStream(keyStore())) {
            store.load(file, PASSWORD.toCharArray());
        }
        String certificate = pem("CERTIFICATE", store.getCertificate(ALIAS).getEncoded());
        String key =
                pem("PRIVATE KEY", store.getKey(ALIAS, PASSWORD.toCharArray()).getEncoded());
        Files.writeString(root(), certificate);
        Files.writeString(key(), key);
        Files.write(keyDer(), store.getKey(ALIAS, PASSWORD.toCharArray()).getEncoded());
        Files.writeString(keyAndCertificate(), key + certificate);
        // Postgres refuses a key that others may read
        Files.setPosixFilePermissions(key(), PosixFilePermissions.fromString("rw-------"));
    }

    private static String pem(String what, byte[] content) {
        return "-----BEGIN " + what + "-----\n"
                + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content) + "\n-----END " + what
                + "-----\n";
    }

    /** The certificate, PEM. */
    public Path root() {
        return folder.resolve("certificate.pem");
    }

    Path key() {
        return folder.resolve("key.pem");
    }

    /** The key, PKCS#8 in DER. */
    public Path keyDer() {
        return folder.resolve("key.pk8");
    }

    /** Key and certificate, PEM. */
    public Path keyAndCertificate() {
        return folder.resolve("both.pem");
    }

    /** PKCS#12. */
    Path keyStore() {
        return folder.resolve("store.p12");
    }
}
