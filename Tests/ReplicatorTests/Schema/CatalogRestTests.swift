import Testing

@testable import Replicator

@Suite struct CatalogRestTests {
    @Test func `a look is left out while nothing is written, and not for longer than its limit`() {
        var rest = CatalogRest()
        #expect(!rest.lasts("1", at: .seconds(1)))
        rest.begin("1", at: .seconds(1))
        #expect(rest.lasts("1", at: .seconds(2)))
        #expect(!rest.lasts("2", at: .seconds(2)))
        #expect(!rest.lasts("1", at: .seconds(1) + CatalogRest.longest))
        rest.end()
        #expect(!rest.lasts("1", at: .seconds(2)))
    }

    @Test func `a server that counts nothing is always looked at`() {
        var rest = CatalogRest()
        rest.begin(nil, at: .zero)
        #expect(!rest.lasts(nil, at: .zero))
    }
}
