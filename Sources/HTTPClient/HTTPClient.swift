/// The HTTP client of the command line, on libcurl.
public enum HTTPClient {}
