import Replicator
import Testing

@Suite struct EngineConnectionTests {
    @Test func `a session is canonical whatever the role has as defaults`() {
        let sql = EngineConnection.settings(serverVersion: 150_000, purpose: "batches eu")
        for setting in [
            "SET search_path = ''", "SET DateStyle = 'ISO, MDY'", "SET TimeZone = 'UTC'",
            "SET extra_float_digits = '3'", "SET bytea_output = 'hex'", "SET row_security = 'off'",
            "SET IntervalStyle = 'postgres'", "SET lc_monetary = 'C'",
            "SET application_name = 'teleport batches eu'",
            "SET standard_conforming_strings = 'on'",
        ] {
            #expect(sql.contains(setting))
        }
    }

    @Test(arguments: [
        (90_200, [] as [String]), (90_300, ["lock_timeout"]), (90_500, ["row_security"]),
        (90_600, ["idle_in_transaction_session_timeout"]), (110_000, ["jit"]),
        (170_000, ["transaction_timeout"]),
    ])
    func `a setting is sent from the version on that knows it`(version: Int, names: [String]) {
        let before = EngineConnection.settings(serverVersion: version - 1, purpose: "x")
        let since = EngineConnection.settings(serverVersion: version, purpose: "x")
        for name in names {
            #expect(!before.contains("SET \(name) "))
            #expect(since.contains("SET \(name) "))
        }
    }

    @Test func `a long purpose is cut and a hostile one is quoted`() {
        let sql = EngineConnection.settings(
            serverVersion: 150_000,
            purpose: "'; DROP TABLE x; --" + String(repeating: "y", count: 90))
        #expect(sql.contains("'teleport ''; DROP TABLE x; --yyy"))
        #expect(!sql.contains(String(repeating: "y", count: 60)))
    }
}

@Suite(.timeLimit(.minutes(1))) struct WakeUpTests {
    @Test func `a ring ends the pause under way`() async {
        let wakeUp = WakeUp()
        let began = ContinuousClock.now
        async let sleeping: Void = wakeUp.sleep(for: .seconds(30))
        // Whether it comes before or after the sleep begins: it is remembered.
        wakeUp.ring()
        await sleeping
        #expect(.now - began < .seconds(10))
    }

    @Test func `a ring while nobody sleeps ends the next pause, and only that`() async {
        let wakeUp = WakeUp()
        wakeUp.ring()
        wakeUp.ring()
        let began = ContinuousClock.now
        await wakeUp.sleep(for: .seconds(30))
        let middle = ContinuousClock.now
        await wakeUp.sleep(for: .milliseconds(50))
        #expect(middle - began < .seconds(10))
        #expect(.now - middle >= .milliseconds(50))
    }

    @Test func `cancellation ends a pause`() async {
        let wakeUp = WakeUp()
        let began = ContinuousClock.now
        let sleeper = Task { await wakeUp.sleep(for: .seconds(30)) }
        sleeper.cancel()
        await sleeper.value
        #expect(.now - began < .seconds(10))
    }
}
