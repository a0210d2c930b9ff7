using TorchSharp;
using static TorchSharp.torch;

namespace SparseTopK.Torch.Tests;

/// <summary>Memory and threads.</summary>
public class SafetyTests
{
    public static TheoryData<string, ComputePath> Names => FunctionCases.Names;

    [TorchTheory]
    [MemberData(nameof(Names))]
    public void Only_the_result_is_left_to_the_caller(string name, ComputePath path)
    {
        using var scope = NewDisposeScope();
        var x = Operators.Normal(1, ScalarType.Float16, 8, 4).requires_grad_();
        var before = Live();
        var y = FunctionCases.Apply(name, x, 0, path);
        Assert.Equal(before + 1, Live());
        y.Dispose();
        Assert.Equal(before, Live());
    }

    [TorchFact]
    public void Hard_choices_and_a_k_per_row_leave_only_the_result()
    {
        using var scope = NewDisposeScope();
        var (x, k) = (Operators.Normal(2, ScalarType.BFloat16, 4, 8).requires_grad_(), arange(4, ScalarType.Int32));
        Func<Tensor>[] calls =
        [
            () => Functional.topk_mask(x, k, 0.3), () => Functional.topk_magnitude(x, k, 0.3, dim: 1),
            () => Functional.hard_topk_mask(x, 2, 0.3), () => Functional.hard_topk_mask(x, k, 0.3),
            () => Functional.hard_topk_magnitude(x, 2, 0.3, dim: 0), () => Functional.hard_topk_magnitude(x, k, 0.3),
            () => Functional.straight_through_topk_mask(x, 2, 0.3), () => Functional.straight_through_topk_magnitude(x, k, 0.3),
        ];
        foreach (var call in calls)
        {
            var before = Live();
            var result = call();
            Assert.Equal(before + 1, Live());
            result.Dispose();
        }
    }

    [TorchFact]
    public void Ten_thousand_steps_leave_no_tensor_and_no_memory_behind()
    {
        // A thread of its own has statistics of its own.
        long tensors = 0, bytes = 0;
        var thread = new Thread(() =>
        {
            Steps(2000);
            var (liveBefore, memoryBefore) = (Live(), Memory());
            Steps(10_000);
            (tensors, bytes) = (Live() - liveBefore, Memory() - memoryBefore);
        });
        thread.Start();
        thread.Join();
        Assert.Equal(0, tensors);
        Assert.InRange(bytes, long.MinValue, 64L << 20); // The gradients alone would be 10,000 times 64 KiB.
    }

    [TorchTheory]
    [InlineData(ComputePath.Core)]
    [InlineData(ComputePath.TorchOperations)]
    [KernelPathData]
    public void Threads_do_not_disturb_each_other(ComputePath path)
    {
        var expected = Enumerable.Range(0, 4).Select(seed => Step(seed, path)).ToArray();
        Parallel.For(0, 4, seed =>
        {
            for (var i = 0; i < 20; i++)
            {
                Assert.Equal(expected[seed], Step(seed, path));
            }
        });
    }

    [TorchFact]
    public void A_change_in_place_of_the_result_of_the_magnitude_or_of_the_scores_of_the_mask_is_harmless()
    {
        using var scope = NewDisposeScope();
        var x = tensor(FunctionCases.Row).requires_grad_();
        var (y, z) = (Functional.topk_mask(x, 3, 0.6), Functional.topk_magnitude(x * 1, 3, 0.6));
        using (no_grad())
        {
            x.add_(1);
            z.mul_(2);
        }

        (y.sum() + z.sum()).backward();
        Assert.All(Operators.Entries<double>(x.grad!), v => Assert.True(double.IsFinite(v)));
    }

    private static double[] Step(int seed, ComputePath path)
    {
        using var on = new OnPath(path);
        using var scope = NewDisposeScope();
        var x = Operators.Normal(seed, ScalarType.Float64, 3, 50).requires_grad_();
        var loss = Functional.topk_mask(x, 5, 0.3, 1.5).pow(2).sum() + Functional.topk_magnitude(x, 7, 0.3).pow(2).sum()
            + Functional.soft_rank(x, 0.2).pow(2).sum();
        loss.backward();
        return Operators.Entries<double>(x.grad!);
    }

    /// <summary>Every operator in turn, without a scope around the steps.</summary>
    private static void Steps(int count)
    {
        using var x = Operators.Normal(1, ScalarType.Float32, 16384).requires_grad_();
        for (var i = 0; i < count; i++)
        {
            using var y = (i % 8) switch
            {
                0 => Functional.soft_rank(x, 1),
                1 => Functional.isotonic_regression(x),
                < 5 => Functional.topk_mask(x, 10, 0.3),
                _ => Functional.topk_magnitude(x, 10, 0.3),
            };
            using var loss = y.sum();
            loss.backward();
            using var gradient = x.grad;
            x.grad = null;
        }
    }

    private static long Memory()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        using var process = System.Diagnostics.Process.GetCurrentProcess();
        return process.WorkingSet64;
    }

    private static long Live()
    {
        var statistics = DisposeScopeManager.Statistics.TensorStatistics;
        return statistics.CreatedInScopeCount + statistics.CreatedOutsideScopeCount
            - statistics.DisposedInScopeCount - statistics.DisposedOutsideScopeCount;
    }
}
