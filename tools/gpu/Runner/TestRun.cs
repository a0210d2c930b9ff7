using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Text.Json;
using Xunit;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace Runner;

/// <summary>Runs tests, writes what becomes of each, and counts.</summary>
/// <param name="log">A line for each test.</param>
/// <param name="seconds">When to stop; 0 for never.</param>
internal sealed class TestRun(TextWriter log, double seconds) : LongLivedMarshalByRefObject, IMessageSink
{
    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private readonly TaskCompletionSource _finished = new();
    private readonly List<string> _failures = [];
    private readonly List<string> _skips = [];

    public int Passed { get; private set; }

    public int Failed => _failures.Count;

    public int Skipped => _skips.Count;

    /// <summary>Whether time ran out before the last test.</summary>
    public bool IsStopped { get; private set; }

    public string Summary => string.Create(
        CultureInfo.InvariantCulture,
        $"{Passed} passed, {Failed} failed, {Skipped} skipped in {_watch.Elapsed.TotalSeconds:0.0} s{(IsStopped ? " (stopped: out of time)" : string.Empty)}");

    public void Execute(XunitTestFramework framework, Assembly assembly, IReadOnlyList<ITestCase> cases)
    {
        using var executor = framework.GetExecutor(assembly.GetName());
        executor.RunTests(cases.Cast<IXunitTestCase>(), this, new FrameworkOptions());
        _finished.Task.Wait();
    }

    public string ToJson() => JsonSerializer.Serialize(
        new { passed = Passed, failed = Failed, skipped = Skipped, stopped = IsStopped, seconds = _watch.Elapsed.TotalSeconds, failures = _failures, skips = _skips });

    public bool OnMessage(IMessageSinkMessage message)
    {
        switch (message)
        {
            case ITestStarting starting:
                log.WriteLine($"start {starting.Test.DisplayName}");
                break;
            case ITestPassed passed:
                Passed++;
                log.WriteLine(string.Create(CultureInfo.InvariantCulture, $"pass {passed.ExecutionTime:0.000} {passed.Test.DisplayName}"));
                break;
            case ITestSkipped skipped:
                _skips.Add($"{skipped.Test.DisplayName}: {skipped.Reason}");
                log.WriteLine($"skip {_skips[^1]}");
                break;
            case ITestFailed failed:
                Fail(failed.Test.DisplayName, failed);
                break;
            case IErrorMessage error:
                Fail("outside a test", error);
                break;
            case ITestClassFinished finished:
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{_watch.Elapsed.TotalSeconds,7:0.0} s  {finished.TestClass.Class.Name}: {finished.TestsRun} run, {finished.TestsFailed} failed, {finished.TestsSkipped} skipped"));
                break;
            case ITestAssemblyFinished:
                _finished.SetResult();
                break;
        }

        // False asks the framework to end after the test under way.
        IsStopped |= seconds > 0 && _watch.Elapsed.TotalSeconds > seconds && message is not ITestAssemblyFinished;
        return !IsStopped;
    }

    private void Fail(string name, IFailureInformation failure)
    {
        var text = $"FAIL {name}\n  {string.Join("\n  ", failure.ExceptionTypes.Zip(failure.Messages, (type, message) => $"{type}: {message}"))}\n"
            + string.Join("\n", failure.StackTraces);
        _failures.Add(text);
        Console.WriteLine(text);
        log.WriteLine(text);
    }
}
