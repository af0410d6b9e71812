package dev.olapsync.workload;

import java.math.BigDecimal;
import java.text.Normalizer;
import java.util.List;
import java.util.Locale;
import java.util.random.RandomGenerator;

/** Plausible values for the shop's columns. Some hold accents, quotes, commas and backslashes, as real data does. */
final class ShopWords {

    record Place(String country, String city) {}

    record Product(String name, String category) {}

    static final List<String> STATUSES = List.of("created", "paid", "shipped", "completed", "cancelled");

    private static final List<String> FIRST_NAMES = List.of(
            "Ada", "Alice", "Bruno", "Chloé", "Dmitri", "Emeka", "Frida", "Grace", "Hiro", "Inés", "John", "Kofi",
            "Łucja", "Mary", "Noor", "Ólafur", "Priya", "Quentin", "Rosa", "Søren", "Tariq", "Uma", "Vera", "Wei",
            "Ximena", "Yusuf", "Zoë", "Анна", "美咲");
    private static final List<String> LAST_NAMES = List.of(
            "Okafor",
            "Smith",
            "García",
            "Lindqvist",
            "O'Brien",
            "Schäfer",
            "Tanaka",
            "van der Berg",
            "Nguyễn",
            "Kowalski",
            "Mensah",
            "Doe",
            "Silva",
            "Haddad",
            "Iyer",
            "Núñez",
            "Martin, Jr.",
            "Petrova",
            "Čapek",
            "Müller-Lüdenscheidt");
    private static final List<Place> PLACES = List.of(
            new Place("USA", "San Francisco"),
            new Place("USA", "New York"),
            new Place("USA", "Chicago"),
            new Place("USA", "Coeur d'Alene"),
            new Place("UK", "London"),
            new Place("UK", "Leeds"),
            new Place("Germany", "Berlin"),
            new Place("Germany", "München"),
            new Place("Germany", "Köln"),
            new Place("France", "Paris"),
            new Place("France", "Saint-Étienne"),
            new Place("Nigeria", "Lagos"),
            new Place("Nigeria", "Abuja"),
            new Place("South Africa", "Cape Town"),
            new Place("India", "Bengaluru"),
            new Place("Brazil", "São Paulo"),
            new Place("Japan", "東京"),
            new Place("Poland", "Łódź"),
            new Place("Mexico", "México, D.F."),
            new Place("Côte d'Ivoire", "Abidjan"));
    private static final List<String> ADJECTIVES = List.of(
            "Compact",
            "Classic",
            "Deluxe",
            "Foldable",
            "Heavy-duty",
            "Light",
            "Quiet",
            "Smart",
            "Solid",
            "\"Retro\"",
            "All-in-1",
            "Café");
    private static final List<Product> PRODUCTS = List.of(
            new Product("Laptop 14\"", "Electronics"),
            new Product("Monitor 27\"", "Electronics"),
            new Product("Keyboard", "Electronics"),
            new Product("Headphones", "Electronics"),
            new Product("Desk", "Furniture"),
            new Product("Chair", "Furniture"),
            new Product("Shelf", "Furniture"),
            new Product("Kettle", "Home & Kitchen"),
            new Product("Pan, 28 cm", "Home & Kitchen"),
            new Product("Knife", "Home & Kitchen"),
            new Product("Yoga Mat", "Sports"),
            new Product("Tent", "Sports"),
            new Product("Notebook A5", "Books\\Paper"),
            new Product("Pencil", "Books\\Paper"));

    private ShopWords() {}

    static String personName(RandomGenerator random) {
        return one(FIRST_NAMES, random) + " " + one(LAST_NAMES, random);
    }

    /** An address of its own for each {@code id}, whatever the name. */
    static String email(String name, String id) {
        String ascii = Normalizer.normalize(name, Normalizer.Form.NFD)
                .toLowerCase(Locale.ROOT)
                .replaceAll("[^a-z]+", ".")
                .replaceAll("^\\.|\\.$", "");
        return (ascii.isEmpty() ? "customer" : ascii) + "." + id + "@example.com";
    }

    static Place place(RandomGenerator random) {
        return one(PLACES, random);
    }

    static Product product(RandomGenerator random) {
        Product noun = one(PRODUCTS, random);
        return new Product(
                one(ADJECTIVES, random) + " " + noun.name() + " " + random.nextInt(100, 1000), noun.category());
    }

    /** A price in cents from 0.99 to about 3,000, low ones more often than high ones. */
    static long priceInCents(RandomGenerator random) {
        return 99 + (long) (3_000_00 * Math.pow(random.nextDouble(), 3));
    }

    /** Mostly 1 to 5, now and then a wide one. */
    static int quantity(RandomGenerator random) {
        return random.nextInt(500) == 0 ? 300 : random.nextInt(1, 6);
    }

    /** The order's total as the shop states it: nearly always the sum of its items, and sometimes not. */
    static long totalInCents(long sumOfItems, RandomGenerator random) {
        return random.nextInt(50) == 0 ? sumOfItems + random.nextInt(1, 1000) : sumOfItems;
    }

    static BigDecimal money(long cents) {
        return BigDecimal.valueOf(cents, 2);
    }

    static <T> T one(List<T> choices, RandomGenerator random) {
        return choices.get(random.nextInt(choices.size()));
    }
}
