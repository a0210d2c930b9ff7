using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace SparseTopK.Torch.Functions;

/// <summary>What becomes of an exception inside a backward pass, from where none may leave: it would end the process.</summary>
/// <remarks>
/// <para>Under backward() autograd is handed a gradient of an impossible shape. It stops with an error of its own, which TorchSharp throws.</para>
/// <para>Under autograd.grad() an error of autograd would end the process too. There the gradient is NaN, and TorchSharp finds an error
/// when autograd has returned.</para>
/// <para>Either exception is given the message of the failure. On threads of autograd's own, which compute the gradients of other devices,
/// neither can be told: the gradient is NaN, and the next forward pass throws.</para>
/// </remarks>
internal static class BackwardFailure
{
    /// <summary>The message of a failure on this thread that no exception has told yet.</summary>
    [ThreadStatic]
    private static string? _untold;

    /// <summary>The same for threads of autograd's own.</summary>
    private static string? _untoldElsewhere;

    private static int _listens;

    /// <summary>Where an exception can be thrown to.</summary>
    private enum Caller
    {
        Unknown,
        Backward,
        Grad,
    }

    /// <summary>Takes note of a failure. Returns what autograd is handed in place of the gradient.</summary>
    /// <param name="function">The function whose backward pass has failed.</param>
    /// <param name="error">The exception.</param>
    /// <param name="g">The gradient of the function's result.</param>
    public static Tensor Report(string function, Exception error, Tensor g)
    {
        var message = $"The backward pass of {function} has failed: {Summary(error)}";
        Trace.TraceError($"{nameof(SparseTopK)}: {message}{Environment.NewLine}{error}");
        if (Interlocked.Exchange(ref _listens, 1) == 0)
        {
            AppDomain.CurrentDomain.FirstChanceException += Explain;
        }

        var caller = FindCaller();
        if (caller == Caller.Unknown)
        {
            Console.Error.WriteLine($"{nameof(SparseTopK)}: {message} The gradient is NaN.");
            _untoldElsewhere = message;
        }
        else
        {
            _untold = message;
        }

        return caller == Caller.Backward ? zeros([], ScalarType.Float32, CPU) : g.Filled(double.NaN);
    }

    /// <summary>Leaves an error for TorchSharp to find, where a failure waits for one. Nothing native may be called after it.</summary>
    public static void Signal()
    {
        if (_untold is { } message && FindCaller() == Caller.Grad)
        {
            using var matrix = zeros([1, 1], ScalarType.Float32, CPU);
            ConditionNumber(null, matrix.Handle, message); // There is no norm of this name, and nobody asks for the error here.
        }
    }

    /// <summary>Throws where an earlier failure has not become an exception.</summary>
    /// <exception cref="InvalidOperationException">There was one. Its gradients are NaN.</exception>
    public static void ThrowIfUntold()
    {
        if ((_untold ?? _untoldElsewhere) is { } message)
        {
            (_untold, _untoldElsewhere) = (null, null);
            throw new InvalidOperationException($"{message} Gradients of that pass are NaN.");
        }
    }

    /// <summary>Gives the exception that TorchSharp is about to throw the message of the failure.</summary>
    private static void Explain(object? sender, FirstChanceExceptionEventArgs e)
    {
        if (_untold is { } message && e.Exception is ExternalException
            && (e.Exception.Message.Contains("returned an invalid gradient", StringComparison.Ordinal)
                || e.Exception.Message.Contains(message, StringComparison.Ordinal)))
        {
            _untold = null;
            MessageOf(e.Exception) = message;
        }
    }

    /// <summary>The innermost call of autograd on this thread decides.</summary>
    private static Caller FindCaller() =>
        new StackTrace().GetFrames()
            .Select(frame => frame.GetMethod())
            .FirstOrDefault(method => method is { Name: "backward" or "grad" }
                && (method.DeclaringType == typeof(Tensor) || method.DeclaringType == typeof(autograd))) switch
        {
            { Name: "backward" } => Caller.Backward,
            null => Caller.Unknown,
            _ => Caller.Grad,
        };

    /// <summary>The message without libtorch's stack.</summary>
    private static string Summary(Exception error)
    {
        var end = error.Message.IndexOf("\nException raised from", StringComparison.Ordinal);
        return end < 0 ? error.Message : error.Message[..end];
    }

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_message")]
    private static extern ref string MessageOf(Exception exception);

    [UnsafeAccessor(UnsafeAccessorKind.StaticMethod, Name = "THSLinalg_cond_str")]
    private static extern IntPtr ConditionNumber(
        [UnsafeAccessorType("TorchSharp.PInvoke.NativeMethods, TorchSharp")] object? methods, IntPtr matrix, string norm);
}
