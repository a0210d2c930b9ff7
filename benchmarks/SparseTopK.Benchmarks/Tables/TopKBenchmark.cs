using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.NoEmit;
using Perfolizer.Horology;

namespace SparseTopK.Benchmarks.Tables;

/// <summary>One contender at a time, by BenchmarkDotNet in this process.</summary>
public class TopKBenchmark
{
    private static IReadOnlyList<Contender> _contenders = [];
    private static int _begun;
    private Prepared? _prepared;
    private Action _run = static () => { };

    [ParamsSource(nameof(Contenders))]
    public Contender Contender { get; set; } = null!;

    public static IEnumerable<Contender> Contenders => _contenders;

    /// <summary>Measures all contenders; those that throw have their error set.</summary>
    /// <param name="contenders">Who takes part.</param>
    /// <param name="artifacts">Where BenchmarkDotNet may leave files.</param>
    /// <param name="quick">A short look instead of a measurement.</param>
    public static Summary Measure(IReadOnlyList<Contender> contenders, string artifacts, bool quick)
    {
        (_contenders, _begun) = (contenders, 0);
        var job = Job.Default.WithToolchain(InProcessNoEmitToolchain.Instance)
            .WithIterationTime(TimeInterval.FromMilliseconds(quick ? 5 : 50))
            .WithWarmupCount(quick ? 1 : 3).WithIterationCount(quick ? 3 : 5)
            .WithUnrollFactor(1).WithEvaluateOverhead(false).WithGcForce(false);
        var config = ManualConfig.CreateEmpty().AddJob(job).AddDiagnoser(MemoryDiagnoser.Default).AddLogger(NullLogger.Instance)
            .WithArtifactsPath(artifacts).WithOptions(ConfigOptions.DisableLogFile);
        return BenchmarkRunner.Run<TopKBenchmark>(config);
    }

    [GlobalSetup]
    public void Prepare()
    {
        Console.Error.WriteLine($"[{++_begun}/{_contenders.Count}] {Contender}");
        try
        {
            _prepared = Contender.Prepare();
            _run = _prepared.Run;
            _run();
        }
#pragma warning disable CA1031 // BenchmarkDotNet ends the whole run when a benchmark throws in this process: its error goes into the table instead.
        catch (Exception error)
#pragma warning restore CA1031
        {
            Contender.Error = error.GetBaseException().Message.Split('\n')[0];
            _run = static () => { };
        }
    }

    [Benchmark]
    public void Run() => _run();

    [GlobalCleanup]
    public void Forget() => _prepared?.Memory?.Dispose();
}
