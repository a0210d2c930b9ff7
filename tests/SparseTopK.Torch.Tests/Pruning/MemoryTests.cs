using static TorchSharp.torch;

namespace SparseTopK.Torch.Tests.Pruning;

/// <summary>Long training holds no more tensors and no more memory than short training. It counts those of the whole process.</summary>
[CollectionDefinition(nameof(MemoryTests), DisableParallelization = true)]
[Collection(nameof(MemoryTests))]
public class MemoryTests
{
    private const long Megabyte = 1 << 20;

    [TorchTheory]
    [InlineData(PruningScope.PerLayer)]
    [InlineData(PruningScope.Global)]
    public void Two_thousand_steps_leave_no_tensor_and_no_memory_behind(PruningScope scope)
    {
        const long Size = 300;
        using var model = nn.Sequential(nn.Linear(Size, Size), nn.ReLU(), nn.Linear(Size, Size), nn.ReLU(), nn.Linear(Size, Size));
        using var optimizer = optim.SGD(model.parameters(), 0.01);
        using var pruner = new MagnitudePruner(model, Models.Fixed(0.9, 0.1, scope));
        using var x = Operators.Normal(1, ScalarType.Float32, 4, Size);
        Train(200);
        var (memory, tensors) = (Memory(), Tensor.TotalCount);
        Train(2000);
        Assert.InRange(Memory() - memory, long.MinValue, 64 * Megabyte); // The weights of one step are 1 MB.
        Assert.InRange(Tensor.TotalCount, 0, tensors); // Fewer where those of other tests have been collected.

        void Train(int steps)
        {
            for (var step = 0; step < steps; step++)
            {
                Models.TrainStep(model, optimizer, pruner, x, x);
            }
        }
    }

    private static long Memory()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        return Environment.WorkingSet;
    }
}
