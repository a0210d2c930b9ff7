using System.Reflection;
using System.Runtime.ExceptionServices;
using SparseTopK.TestKit;

namespace SparseTopK.Torch.Tests;

/// <summary>The contract of every back end, on each path and type.</summary>
/// <remarks>The contract's own facts would fail where there is no libtorch; run from here they are skipped.</remarks>
public class CoreSingleContractTests : ContractTests<CoreSingleContractTests>, IContractTests
{
    static object IContractTests.Create() => new CoreSingleContract();
}

public class CoreDoubleContractTests : ContractTests<CoreDoubleContractTests>, IContractTests
{
    static object IContractTests.Create() => new CoreDoubleContract();
}

public class TorchSingleContractTests : ContractTests<TorchSingleContractTests>, IContractTests
{
    static object IContractTests.Create() => new TorchSingleContract();

    static bool IContractTests.Includes(string fact, object[] arguments) =>
        fact is not (nameof(TopKContract.Rows_of_0_to_257_entries_match_the_oracle) or nameof(TopKContract.Hostile_floats_give_documented_results));
}

public class TorchDoubleContractTests : ContractTests<TorchDoubleContractTests>, IContractTests
{
    static object IContractTests.Create() => new TorchDoubleContract();
}

public class TorchIsotonicSingleContractTests : ContractTests<TorchIsotonicSingleContractTests>, IContractTests
{
    static Type IContractTests.Contract => typeof(IsotonicContract);

    static object IContractTests.Create() => new TorchIsotonicContract(TorchSharp.torch.ScalarType.Float32);

    static bool IContractTests.Includes(string fact, object[] arguments) => arguments is not [double and not 2];
}

public class TorchIsotonicDoubleContractTests : ContractTests<TorchIsotonicDoubleContractTests>, IContractTests
{
    static Type IContractTests.Contract => typeof(IsotonicContract);

    static object IContractTests.Create() => new TorchIsotonicContract(TorchSharp.torch.ScalarType.Float64);

    /// <summary>Blocks of a general p take 64 powers of every entry.</summary>
    static bool IContractTests.Includes(string fact, object[] arguments) =>
        arguments is not [1.1 or 4.0 / 3 or 5] || fact == nameof(IsotonicContract.Products_match_the_closed_form_Jacobian);
}

public class TorchSoftOrderSingleContractTests : ContractTests<TorchSoftOrderSingleContractTests>, IContractTests
{
    static Type IContractTests.Contract => typeof(SoftOrderContract);

    static object IContractTests.Create() => new TorchSoftOrderContract(TorchSharp.torch.ScalarType.Float32);
}

public class TorchSoftOrderDoubleContractTests : ContractTests<TorchSoftOrderDoubleContractTests>, IContractTests
{
    static Type IContractTests.Contract => typeof(SoftOrderContract);

    static object IContractTests.Create() => new TorchSoftOrderContract(TorchSharp.torch.ScalarType.Float64);
}

/// <summary>Kernels by a stand-in driver: as slow as torch operations, and the kernels' own suite has every exponent in both types.</summary>
public class KernelSingleContractTests : ContractTests<KernelSingleContractTests>, IContractTests
{
    static string? IContractTests.WhyMissing => HostKernels.Missing;

    static object IContractTests.Create() => new KernelSingleContract();

    static bool IContractTests.Includes(string fact, object[] arguments) => arguments is not [double and not 2, ..]
        && fact is not (nameof(TopKContract.Rows_of_0_to_257_entries_match_the_oracle) or nameof(TopKContract.Hostile_floats_give_documented_results));
}

public class KernelDoubleContractTests : ContractTests<KernelDoubleContractTests>, IContractTests
{
    static string? IContractTests.WhyMissing => HostKernels.Missing;

    static object IContractTests.Create() => new KernelDoubleContract();
}

public interface IContractTests
{
    /// <summary>Why the path cannot be had, or null.</summary>
    internal static virtual string? WhyMissing => NativeTorch.Missing;

    internal static abstract object Create();

    internal static virtual Type Contract => typeof(TopKContract);

    /// <summary>Whether a fact is run with these arguments. The longest are run in one type alone where each call takes a millisecond.</summary>
    internal static virtual bool Includes(string fact, object[] arguments) => true;
}

/// <summary>Runs each fact and theory of the contract as a case of one theory.</summary>
public abstract class ContractTests<TSelf>
    where TSelf : ContractTests<TSelf>, IContractTests
{
    public static string? Missing => TSelf.WhyMissing;

    public static TheoryData<string, object[]> Cases
    {
        get
        {
            var cases = new TheoryData<string, object[]>();
            foreach (var method in TSelf.Contract.GetMethods().Where(m => m.GetCustomAttribute<FactAttribute>() is not null))
            {
                foreach (var row in RowsOf(method).Where(row => TSelf.Includes(method.Name, row)))
                {
                    cases.Add(method.Name, row);
                }
            }

            return cases;
        }
    }

    [ContractTheory]
    [MemberData(nameof(Cases))]
    public void The_contract_holds(string fact, object[] arguments)
    {
        using var scope = TorchSharp.torch.NewDisposeScope();
        try
        {
            TSelf.Contract.GetMethod(fact)!.Invoke(TSelf.Create(), arguments);
        }
        catch (TargetInvocationException error)
        {
            ExceptionDispatchInfo.Throw(error.InnerException!);
        }
    }

    private static IEnumerable<object[]> RowsOf(MethodInfo method)
    {
        var sources = method.GetCustomAttributes<Xunit.Sdk.DataAttribute>().ToList();
        return sources.Count == 0 ? [[]] : sources.SelectMany(source => source.GetData(method));
    }
}
