using static TorchSharp.torch;

namespace SparseTopK.Torch.Tests.Safety;

/// <summary>Every function where the process has another default device, or another default type.</summary>
[Collection(nameof(ProcessWideTests))]
public class DefaultTests
{
    [TorchTheory]
    [InlineData(ComputePath.Core)]
    [InlineData(ComputePath.TorchOperations)]
    public void The_default_device_does_not_matter(ComputePath path) => Compare(path, () =>
    {
        var before = get_default_device();
        set_default_device(META);
        return () => set_default_device(before);
    });

    [TorchTheory]
    [InlineData(ComputePath.Core, ScalarType.Float64)]
    [InlineData(ComputePath.TorchOperations, ScalarType.Float64)]
    [InlineData(ComputePath.Core, ScalarType.BFloat16)]
    [InlineData(ComputePath.TorchOperations, ScalarType.BFloat16)]
    public void The_default_type_does_not_matter(ComputePath path, ScalarType type) => Compare(path, () =>
    {
        var before = get_default_dtype();
        set_default_dtype(type);
        return () => set_default_dtype(before);
    });

    private static void Compare(ComputePath path, Func<Action> change)
    {
        var expected = EveryFunction.Names.ToDictionary(name => name, name => EveryFunction.Run(name, path));
        var restore = change();
        try
        {
            Assert.All(expected, pair => Assert.Equal(pair.Value, EveryFunction.Run(pair.Key, path)));
        }
        finally
        {
            restore();
        }
    }
}
