@main
enum Fileroom {
    static func main() {}
}
