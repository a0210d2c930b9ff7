namespace SparseTopK.Torch.Tests.Safety;

/// <summary>Every function while the garbage collector runs all the time: what native code still reads must not be finalized.</summary>
[Collection(nameof(ProcessWideTests))]
public class CollectorTests
{
    private const int Repetitions = 8;

    [TorchTheory]
    [InlineData(ComputePath.Core)]
    [InlineData(ComputePath.TorchOperations)]
    public void Collections_and_finalizers_change_no_bit(ComputePath path)
    {
        var expected = EveryFunction.Names.ToDictionary(name => name, name => EveryFunction.Run(name, path));
        using var stop = new CancellationTokenSource();
        var collector = new Thread(() => Collect(stop.Token));
        collector.Start();
        try
        {
            for (var i = 0; i < Repetitions; i++)
            {
                Assert.All(expected, pair => Assert.Equal(Bits(pair.Value), Bits(EveryFunction.Run(pair.Key, path))));
            }
        }
        finally
        {
            stop.Cancel();
            collector.Join();
        }
    }

    private static void Collect(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            GC.Collect(0);
            GC.WaitForPendingFinalizers();
        }
    }

    private static long[] Bits(double[] values) => [.. values.Select(BitConverter.DoubleToInt64Bits)];
}

/// <summary>Tests that change what is shared by the whole process run alone.</summary>
[CollectionDefinition(nameof(ProcessWideTests), DisableParallelization = true)]
public class ProcessWideTests;
