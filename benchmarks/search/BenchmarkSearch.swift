@main
enum BenchmarkSearch {
    static func main() {}
}
